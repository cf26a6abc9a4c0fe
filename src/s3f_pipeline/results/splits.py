"""How many images, groups and patients each side of a split has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from s3f_pipeline.results.decoding import decode


@dataclass(frozen=True)
class Side:
    """One side: images, groups, known patients or lesions, and images by class."""

    images: int
    groups: int
    subjects: int
    classes: Mapping[str, int]


@dataclass(frozen=True)
class Excluded:
    """Images on no side, by reason; ``warning`` where training loses much of a class by it."""

    images: int
    reasons: Mapping[str, int]
    warning: str | None


@dataclass(frozen=True)
class SplitSummary:
    """All sides of a split; ``validation`` is ``None`` where there is none."""

    train: Side
    test: Side
    excluded: Excluded
    validation: Side | None = None

    @property
    def sides(self) -> dict[str, Side]:
        """The sides that there are, by name."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: side for name, side in named.items() if side}

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> Self:
        """Take what ``splits.summary.split_summary`` returns."""
        found: Self = decode(cls, {"excluded": {"images": 0, "reasons": {}, "warning": None}, **summary})
        return found
