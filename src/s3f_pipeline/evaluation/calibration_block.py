"""How well the probabilities of one experiment are calibrated: the block ``calibration`` of the metrics."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.calibration import (
    MASS_BINS,
    WIDTH_BINS,
    classwise_ece,
    expected_error,
    mass_bins,
    top_label_ece,
    top_label_gaps,
)
from s3f_pipeline.evaluation.estimates import FLAG, LEAST_GROUPS, estimates
from s3f_pipeline.evaluation.intervals import normal_quantile
from s3f_pipeline.evaluation.ratios import cell_sums
from s3f_pipeline.evaluation.recalibration import calibration_in_the_large, calibration_line
from s3f_pipeline.evaluation.reliability import reliability
from s3f_pipeline.evaluation.sample import Sample
from s3f_pipeline.evaluation.scores import decomposed_scores
from s3f_pipeline.evaluation.temperature import BOUNDS, scale


def calibration_block(
    test: Sample,
    weights: NDArray[np.int32],
    classes: Sequence[str],
    *,
    temperature: float | None,
    confidence: float,
    positive: int | None = None,
) -> dict[str, Any]:
    """Calibration of the test images, as predicted and at the temperature that was fitted on validation.

    Args:
        test: The test images.
        weights: How often each test group counts, shape (1 + replicates, groups), first a row of ones.
        classes: Class names of the cohort.
        temperature: ``None`` where there are no validation images.
        confidence: Nominal coverage of the intervals, inside (0, 1).
        positive: Number of the positive class, ``None`` where there is none.

    Returns:
        ``temperature``, ``at_bound`` (whether a bound kept it from going further), and ``raw`` and
        ``calibrated`` (``None`` without a temperature), each as ``calibration_figures``.
    """
    calibrated = None
    if temperature is not None:
        scaled = test.with_probabilities(scale(test.probabilities, temperature))
        calibrated = calibration_figures(scaled, weights, classes, confidence=confidence, positive=positive)
    return {
        "temperature": temperature,
        "at_bound": temperature in BOUNDS,
        "raw": calibration_figures(test, weights, classes, confidence=confidence, positive=positive),
        "calibrated": calibrated,
    }


def calibration_figures(
    sample: Sample,
    weights: NDArray[np.int32],
    classes: Sequence[str],
    *,
    confidence: float,
    positive: int | None = None,
) -> dict[str, Any]:
    """Calibration errors beside what chance makes of them, scores in parts, and what a plot needs.

    Args:
        sample: Images of one split.
        weights: As ``calibration_block``.
        confidence: As ``calibration_block``.
        classes: Class names of the cohort.
        positive: Number of the positive class, ``None`` where there is none.

    Returns:
        ``ece`` (top label, 15 bins of equal mass), ``ece_equal_width`` (10 bins), ``classwise_ece`` and
        ``per_class``; ``expected_ece``: what it is on the mean if all probabilities are true and images
        independent; ``expected_ece_by_group``, ``expected_classwise_ece`` and those ``per_class``: if images
        of a group come true together; ``log_loss`` and ``brier`` as ``decomposed_scores``; ``line`` (of a
        positive class): ``intercept``, ``slope`` and ``in_the_large``, ``None`` where one does not exist,
        with ``intervals``; ``reliability``, as ``reliability``; and ``intervals`` of ``ece`` and
        ``classwise_ece``.
    """
    labels, probabilities = sample.labels, sample.probabilities
    return {
        **_errors(sample, weights, classes, confidence),
        "ece_equal_width": top_label_ece(labels, probabilities, bins=WIDTH_BINS, equal_mass=False),
        **decomposed_scores(labels, probabilities, sample.groups),
        "line": None if positive is None else _line(sample, positive, confidence),
        "reliability": reliability(sample, positive=positive),
    }


def _errors(
    sample: Sample, weights: NDArray[np.int32], classes: Sequence[str], confidence: float
) -> dict[str, Any]:
    """Calibration errors in bins of equal mass, what chance makes of them, and their intervals."""
    groups, confidences = sample.groups, sample.probabilities.max(axis=1)
    bins = mass_bins(confidences)
    by_class = classwise_ece(sample.labels, sample.probabilities)
    by_chance = [expected_error(of_class, mass_bins(of_class), groups) for of_class in sample.probabilities.T]
    chance = {
        "expected_ece": expected_error(confidences, bins, np.arange(len(groups))),
        "expected_ece_by_group": expected_error(confidences, bins, groups),
        "expected_classwise_ece": float(np.mean(by_chance)),
    }
    replicates = _error_replicates(sample, weights)
    top, classwise = (
        estimates({name: replicates[name]}, groups, chance=chance[expected], confidence=confidence)
        for name, expected in (("ece", "expected_ece_by_group"), ("classwise_ece", "expected_classwise_ece"))
    )
    return {
        **top,
        **classwise,
        "intervals": top["intervals"] | classwise["intervals"],
        **chance,
        "per_class": {
            name: {"ece": float(by_class[number]), "expected_ece": by_chance[number]}
            for number, name in enumerate(classes)
        },
    }


def _error_replicates(sample: Sample, weights: NDArray[np.int32]) -> dict[str, NDArray[np.float64]]:
    """Calibration errors under each row of weights, shape (replicates,), in the bins of all images."""
    confidences, top_gaps = top_label_gaps(sample.labels, sample.probabilities)
    of_class = np.eye(sample.probabilities.shape[1])[sample.labels]
    gaps = np.column_stack([top_gaps, of_class - sample.probabilities])
    bins = np.column_stack([mass_bins(stated) for stated in (confidences, *sample.probabilities.T)])
    cells = bins + MASS_BINS * np.arange(bins.shape[1])
    images = cell_sums(np.zeros_like(bins[:, :1]), np.ones_like(gaps[:, :1]), sample.groups, weights)
    sums = cell_sums(cells, gaps, sample.groups, weights, n_cells=MASS_BINS * bins.shape[1])
    errors = np.abs(sums).reshape(len(sums), -1, MASS_BINS).sum(axis=2) / images
    return {"ece": errors[:, 0], "classwise_ece": errors[:, 1:].mean(axis=1)}


def _line(sample: Sample, positive: int, confidence: float) -> dict[str, Any]:
    is_positive, probabilities = sample.labels == positive, sample.probabilities[:, positive]
    intercept, slope = calibration_line(is_positive, probabilities, sample.groups) or (None, None)
    in_the_large = calibration_in_the_large(is_positive, probabilities, sample.groups)
    found = {"intercept": intercept, "slope": slope, "in_the_large": in_the_large}
    smallest = min(len(np.unique(sample.groups[of_class])) for of_class in (is_positive, ~is_positive))
    flag = None if smallest >= LEAST_GROUPS else FLAG
    quantile = normal_quantile(confidence)
    intervals = {
        name: {"low": of.value - quantile * of.error, "high": of.value + quantile * of.error, "flag": flag}
        for name, of in found.items()
        if of and of.error is not None
    }
    return {**{name: of.value if of else None for name, of in found.items()}, "intervals": intervals}
