"""Blocks of ``metrics.json`` that say how far the figures of the test images can be relied on."""

from collections.abc import Mapping
from dataclasses import dataclass

from s3f_pipeline.results.intervals import Intervals


@dataclass(frozen=True)
class ScoreParts:
    """A proper score; ``None`` where all images are of one group."""

    value: float
    calibration: float | None
    refinement: float | None


@dataclass(frozen=True)
class CalibrationLine:
    """Of a positive class; ``None`` is what does not exist."""

    intercept: float | None
    slope: float | None
    in_the_large: float | None
    intervals: Intervals


@dataclass(frozen=True)
class ReliabilityPoint:
    """A bin: what was said, what came true, and between what chance leaves it if all was true."""

    probability: float
    share: float
    images: int
    low: float
    high: float


@dataclass(frozen=True)
class ClassCalibration:
    """Calibration error of the probability of one class."""

    ece: float
    expected_ece: float


@dataclass(frozen=True)
class CalibrationFigures:
    """As ``evaluation.calibration_block.calibration_figures`` defines them."""

    ece: float
    expected_ece: float
    expected_ece_by_group: float
    ece_equal_width: float
    classwise_ece: float
    expected_classwise_ece: float
    per_class: Mapping[str, ClassCalibration]
    log_loss: ScoreParts
    brier: ScoreParts
    line: CalibrationLine | None
    reliability: tuple[ReliabilityPoint, ...]
    intervals: Intervals


@dataclass(frozen=True)
class Calibration:
    """Of the test images as predicted, and at the temperature of the validation images if there are any."""

    temperature: float | None
    at_bound: bool
    raw: CalibrationFigures
    calibrated: CalibrationFigures | None


@dataclass(frozen=True)
class ClassCoverage:
    """Of the images of one class; ``cutoff`` is ``None`` if the class is in every set."""

    cutoff: float | None
    validation_groups: int
    coverage: float | None
    intervals: Intervals


@dataclass(frozen=True)
class SetFigures:
    """What conformal sets keep, as ``evaluation.conformal_block`` defines it."""

    coverage: float
    image_coverage: float
    mean_size: float
    empty: float
    single: float
    full: float
    per_class: Mapping[str, ClassCoverage]
    intervals: Intervals


@dataclass(frozen=True)
class Conformal:
    """Sets calibrated on validation, with one cutoff and with one per class."""

    level: float
    validation_groups: int
    marginal: SetFigures
    by_class: SetFigures
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class ThresholdFigures:
    """Of calling images positive from a threshold on; ``None`` is what does not exist."""

    sensitivity: float | None
    specificity: float | None
    ppv: float | None
    npv: float | None
    intervals: Intervals


@dataclass(frozen=True)
class WishedFigures:
    """Points of the ROC curve of the test images."""

    sensitivity_at_95_specificity: float | None
    specificity_at_95_sensitivity: float | None
    intervals: Intervals


@dataclass(frozen=True)
class OperatingPoint:
    """At the threshold that validation chose, at one half, and at two wishes."""

    threshold: float | None
    chosen: ThresholdFigures | None
    one_half: ThresholdFigures
    wished: WishedFigures


@dataclass(frozen=True)
class Benefit:
    """Net benefit at one threshold: of the network, with its interval, and of acting on every image."""

    threshold: float
    network: float
    low: float
    high: float
    flag: str | None
    all: float


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit per patient at the prevalence of the cohort's block."""

    prevalence: float
    validation_prevalence: float
    points: tuple[Benefit, ...]


@dataclass(frozen=True)
class Subgroup:
    """Test images of one subgroup; ``too_small`` says that they are of too few groups."""

    n: int
    groups: int
    support: Mapping[str, int]
    too_small: bool
    accuracy: float
    balanced_accuracy: float
    auc_macro: float | None
    loss: float
    intervals: Intervals


Subgroups = Mapping[str, Mapping[str, Subgroup]]
"""Column -> subgroup -> figures."""
