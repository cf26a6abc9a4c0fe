"""``metrics.json``: what a network comes to, and under which conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from s3f_pipeline.results.artefacts import Artefact

Guarantee = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Side -> class -> what keeps images apart -> images; see ``splits.guarantee``."""


@dataclass(frozen=True)
class ClassMetrics:
    """Metrics of one class against the rest; ``auc`` is ``None`` for a class that is absent or alone."""

    precision: float
    recall: float
    f1: float
    support: int
    auc: float | None


@dataclass(frozen=True)
class PositiveMetrics:
    """How well the positive class is detected."""

    sensitivity: float
    specificity: float
    precision: float
    f1: float
    auc: float | None


@dataclass(frozen=True)
class SplitMetrics:
    """Metrics of the images of one split, as ``evaluation.metrics.compute_metrics`` defines them.

    Attributes:
        n: Images.
        per_class: By class name.
        confusion_matrix: Rows are true classes; of shape (classes, classes), in the cohort's order.
        notes: What does not exist, and why.
        positive: Of a cohort with a positive class.
    """

    n: int
    loss: float
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    weighted_f1: float
    kappa: float | None
    mcc: float
    auc_macro: float | None
    auc_weighted: float | None
    per_class: Mapping[str, ClassMetrics]
    confusion_matrix: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...]
    positive: PositiveMetrics | None = None


@dataclass(frozen=True)
class Openings:
    """At which look at the test set the figures were got, counted from 1; ``None`` where it is unknown."""

    by_variant: int | None
    by_any_variant: int | None


@dataclass(frozen=True)
class Metrics(Artefact):
    """Content of ``metrics.json``.

    Attributes:
        selection_split: Which split chose the epoch.
        guarantee: What the split keeps apart.
        selected_epoch: Counted from 1.
        synthetic: Whether the images are phantoms.
        test_openings: How often the test set had been opened, this time included.
        leakage: What the published split tears apart, ``None`` under another protocol.
        test: Of the test images.
        validation: Of the validation images, where there are any.
    """

    VERSION: ClassVar[int] = 1

    cohort: str
    protocol: str
    variant: str
    seed: int
    fold: int | None
    selection_split: str
    guarantee: Guarantee
    selected_on_test: bool
    selected_epoch: int
    synthetic: bool
    splits_hash: str
    test_openings: Openings
    leakage: Mapping[str, Any] | None
    test: SplitMetrics
    validation: SplitMetrics | None = None
