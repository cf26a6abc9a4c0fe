"""How networks are compared: the keys of ``comparison`` in the configuration."""

from dataclasses import dataclass
from typing import Annotated, Literal

from s3f_pipeline.bounds import Bounds


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

    figure: Literal["balanced_accuracy", "accuracy", "macro_f1", "weighted_f1", "auc_macro", "kappa", "mcc"]
    margin: Annotated[float, Bounds(gt=0, lt=1)]
    confidence: Annotated[float, Bounds(gt=0, lt=1)]
    replicates: Annotated[int, Bounds(ge=100, le=100_000)]
    seed: Annotated[int, Bounds(ge=0, lt=2**32)]

    @property
    def level(self) -> float:
        """Chance of a false finding that is allowed."""
        return 1 - self.confidence


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
