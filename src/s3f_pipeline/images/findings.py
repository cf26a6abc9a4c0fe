"""What one pass over the raw files found out about them, but for pixels and the index."""

from dataclasses import dataclass, field

from s3f_pipeline.images.levels import Window


@dataclass
class Findings:
    """What a person should know of raw files.

    Attributes:
        rejected: ``path`` and ``reason`` of each unreadable file.
        narrow: For each image of more than 8 bits that has few grey levels without a window, the ends of one
            that would show more.
        remarks: What of files or configuration could not be followed, in words -> paths.
        masks: Paths of images with as few grey values as masks have.
        blank: Paths of images of one single grey.
    """

    rejected: list[dict[str, str]] = field(default_factory=list)
    narrow: list[Window] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    masks: list[str] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)
