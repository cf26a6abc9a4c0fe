"""What the configuration says about comparisons; light, as every command reads it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from s3f_pipeline.bounds import Bounds

DecidingFigure = Literal[
    "balanced_accuracy", "accuracy", "macro_f1", "weighted_f1", "auc_macro", "kappa", "mcc"
]


@dataclass(frozen=True)
class ComparisonSettings:
    """Fixed before any figure is seen.

    Attributes:
        figure: Decides; more of it is better.
        margin: Difference of that figure that does not matter, in (0, 1).
        confidence: Of intervals; 1 less this is the chance of a false finding among all pairs of networks.
        replicates: Resamples of the groups.
        seed: Of the resamples.
    """

    figure: DecidingFigure
    margin: float
    confidence: float
    replicates: int
    seed: int

    @property
    def level(self) -> float:
        """Chance of a false finding that is allowed."""
        return 1 - self.confidence


@dataclass(frozen=True)
class Claim:
    """A published claim that one network is better than another.

    Attributes:
        better: The network that is said to be better.
        other: Than this one.
        accuracy: Of the first, in [0, 1].
        other_accuracy: Of the second.
        test_images: On which both were measured.
        note: Where the figures stand, and how they came about.
    """

    better: str
    other: str
    accuracy: Annotated[float, Bounds(ge=0, le=1)]
    other_accuracy: Annotated[float, Bounds(ge=0, le=1)]
    test_images: Annotated[int, Bounds(gt=0)]
    note: str


@dataclass(frozen=True)
class PublishedFigures:
    """A published result; ``None`` is not published."""

    model: str
    accuracy: float | None
    auc_macro: float | None
    weighted_f1: float | None
    note: str


@dataclass(frozen=True)
class Described:
    """What the configuration says of a cohort.

    Attributes:
        family: Cohorts of the same patients are of one family.
        published: Results of others.
    """

    title: str
    family: str
    published: tuple[PublishedFigures, ...] = ()
