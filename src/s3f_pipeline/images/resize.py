"""The images of an index once more, at another size."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.decode import Aspect, Color, fit
from s3f_pipeline.images.levels import DEFAULT_MAX_PIXELS, Window
from s3f_pipeline.images.reading import Source, in_parallel, read_raw, result_or_reason
from s3f_pipeline.images.row_file import row_file
from s3f_pipeline.images.sources import image_sources


def resize(
    index: pd.DataFrame,
    folder: Path,
    *,
    image_size: tuple[int, int],
    color: Color,
    store: Path,
    aspect: Aspect = "stretch",
    window: Window | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    workers: int | None = None,
) -> None:
    """Write the store that ``ingest`` would write at this size.

    Args:
        index: ``path`` and ``sha256`` of each image, in the order of the store.
        folder: The raw folder.
        image_size: (height, width) of the stored images.
        color: ``grey`` or ``rgb``.
        store: Where the temporary store is written; nothing stays there after an error.
        aspect: ``stretch`` to the image size, or ``pad``.
        window: Values of 16-bit and DICOM images that become black and white.
        max_pixels: Of one file, above which it is not decoded.
        workers: Threads; ``None`` for one per CPU core.

    Raises:
        ImageError: If an image is not the one that the index names, cannot be read any more, or memory is
            too small for it.
        OSError: If the disk has no room for the store.
    """
    reader = Resizer(color, image_size, aspect, window, max_pixels)
    sources = image_sources(folder, index["path"], max_pixels)
    with row_file(store, len(index), (*image_size, 1 if color == "grey" else 3)) as append:
        rows = in_parallel(reader, sources, len(index), workers, "Resizing")
        for path, sha256, row in zip(index["path"], index["sha256"], rows, strict=True):
            if isinstance(row, str) or row.sha256 != sha256:
                reason = row if isinstance(row, str) else "its content is another one"
                raise ImageError(
                    f"{folder / path} is not what it was when the index was made ({reason}), though its size "
                    f"and time are. Put it back, or make everything anew: --params=force=true."
                )
            append(row.image)


@dataclass(frozen=True)
class Resized:
    """An image at the size of the store.

    Attributes:
        sha256: Hash of the raw image.
        image: uint8 (H, W, C).
    """

    sha256: str
    image: np.ndarray


@dataclass(frozen=True)
class Resizer:
    """Reads one image for the store alone; attributes as of ``resize``."""

    color: Color
    image_size: tuple[int, int]
    aspect: Aspect
    window: Window | None
    max_pixels: int

    def __call__(self, source: Source) -> Resized | str:
        """Read an image; a text says why it cannot be read."""
        return result_or_reason(self._read, source)

    def _read(self, source: Source) -> Resized:
        raw = read_raw(source, self.color, self.window, self.max_pixels)
        return Resized(raw.sha256, fit(raw.decoded.pixels, *self.image_size, self.aspect))
