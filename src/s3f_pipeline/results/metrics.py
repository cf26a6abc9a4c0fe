"""``metrics.json``: what a network comes to, and under which conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from s3f_pipeline.results.artefacts import Artefact
from s3f_pipeline.results.intervals import Intervals
from s3f_pipeline.results.uncertainty import (
    Calibration,
    Conformal,
    DecisionCurve,
    OperatingPoint,
    Subgroups,
)

Guarantee = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Side -> class -> what keeps images apart -> images; see ``splits.guarantee``."""


@dataclass(frozen=True)
class ClassMetrics:
    """Metrics of one class against the rest; ``None`` is what an absent class, or one alone, does not have.

    Attributes:
        precision: Also called positive predictive value.
        recall: Also called sensitivity.
        npv: Negative predictive value.
        loss: Of the images of the class.
        brier: Of the probability of the class, 0 to 1; their sum over the classes is the Brier score.
        support: Images of the class.
        groups: Groups that these are of.
    """

    precision: float
    recall: float
    f1: float
    specificity: float
    npv: float
    auc: float | None
    average_precision: float | None
    loss: float | None
    brier: float
    support: int
    groups: int
    intervals: Intervals


@dataclass(frozen=True)
class PositiveMetrics:
    """How well the positive class is detected."""

    sensitivity: float
    specificity: float
    precision: float
    npv: float
    f1: float
    auc: float | None
    average_precision: float | None
    intervals: Intervals


@dataclass(frozen=True)
class SplitMetrics:
    """Metrics of the images of one split, as ``evaluation.metrics.compute_metrics`` defines them.

    Attributes:
        n: Images.
        groups: Groups that they are of.
        brier: Multi-class Brier score, 0 to 2.
        ece: Expected calibration error of the predicted class.
        per_class: By class name.
        confusion_matrix: Rows are true classes; of shape (classes, classes), in the cohort's order.
        notes: What does not exist, and why.
        positive: Of a cohort with a positive class.
    """

    n: int
    groups: int
    loss: float
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    weighted_f1: float
    kappa: float | None
    mcc: float
    auc_macro: float | None
    auc_weighted: float | None
    average_precision_macro: float | None
    brier: float
    ece: float
    intervals: Intervals
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
        selected_epoch: Counted from 1; 0 if the network was trained elsewhere.
        synthetic: Whether the images are phantoms.
        test_openings: How often the test set had been opened, this time included.
        leakage: What the published split tears apart, ``None`` under another protocol.
        test: Of the test images.
        calibration: Of the test images.
        conformal: Sets of the test images; ``None`` without validation images.
        operating_point: Of a cohort with a positive class.
        decision_curve: Of a cohort whose block gives prevalence and thresholds.
        subgroups: Of the test images, by the columns of the cohort's block.
        validation: Of the validation images, where there are any.
    """

    VERSION: ClassVar[int] = 2

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
    calibration: Calibration
    conformal: Conformal | None
    operating_point: OperatingPoint | None
    decision_curve: DecisionCurve | None
    subgroups: Subgroups
    validation: SplitMetrics | None = None
