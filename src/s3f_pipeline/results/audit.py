"""``leakage_audit.json``: groups of a cohort, and what its official and published splits tear apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from s3f_pipeline.results.artefacts import Artefact


@dataclass(frozen=True)
class GroupCounts:
    """Groups of images that must stay on one side, and the images in groups with twins."""

    count: int
    with_twins: int
    largest: int
    images_with_twin: int


@dataclass(frozen=True)
class Counts:
    """Groups, and the images in them."""

    groups: int
    images: int


@dataclass(frozen=True)
class OfficialLeaks:
    """What the official splits tear apart.

    Attributes:
        groups: That stand on more than one split.
        images: In these groups.
        subjects: Patients or lesions on more than one split.
        test_images_by_relation: Test images with a direct twin in training or validation.
        by_kind: Groups and images by the evidence that a group needs.
    """

    groups: int
    images: int
    subjects: int
    test_images: int
    test_images_with_twin_outside_test: int
    test_images_by_relation: Mapping[str, int]
    test_images_with_known_subject: int
    test_images_with_subject_outside_test: int
    by_kind: Mapping[str, Counts]


@dataclass(frozen=True)
class Contradictions:
    """Twins with different labels: groups, images, and the label of each image of each set of twins."""

    groups: int
    images: int
    twin_sets: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Reading:
    """Who is on both sides of the official test set if ids are read in one way.

    Attributes:
        reading: Column of the index.
        subjects: Patients or lesions.
        subjects_across_test: Those in the test set and in training or validation.
        images_across_test: Of these.
        test_images_with_subject_outside_test: Those of them in the test set.
    """

    reading: str
    subjects: int
    subjects_across_test: int
    images_across_test: int
    test_images_with_subject_outside_test: int


@dataclass(frozen=True)
class ListedGroup:
    """A group with twins, or on more than one split; lists are image by image."""

    group: str
    kind: str
    image_ids: tuple[str, ...]
    labels: tuple[str, ...]
    official_splits: tuple[str | None, ...]
    published_splits: tuple[str | None, ...]
    across_splits: bool
    contradictory: bool


@dataclass(frozen=True)
class Audit(Artefact):
    """Content of ``leakage_audit.json``, as ``splits.audit.leakage_audit`` defines it.

    Attributes:
        images: Of the cohort.
        pairs: Twins by kind.
        relations: Twins by how one lies to the other.
        published_split: What the published protocol's split tears apart, or under ``none`` why there is none.
        settings: With which twins were found.
    """

    VERSION: ClassVar[int] = 3

    cohort: str
    images: int
    groups: GroupCounts
    pairs: Mapping[str, int]
    relations: Mapping[str, int]
    across_official_splits: OfficialLeaks
    contradictory_labels: Contradictions
    readings: tuple[Reading, ...]
    published_split: Mapping[str, Any]
    listed_groups: tuple[ListedGroup, ...]
    settings: Mapping[str, Any]
