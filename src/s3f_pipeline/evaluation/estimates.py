"""Figures with their intervals, ready for JSON: which kind of interval each takes, and when it is flagged."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.intervals import (
    ROUNDING,
    Basis,
    Ends,
    effective_images,
    log_interval,
    normal_quantile,
    percentile_interval,
    replicate_spread,
    score_interval,
    symmetric_interval,
    wilson_interval,
)
from s3f_pipeline.evaluation.replicates import PROBABILITY_BOUND

LEAST_GROUPS = 30
LEAST_EVENTS = 10
LEAST_MULTIPLE_OF_CHANCE = 2
LARGEST_VARIATION = 0.15
FLAG = "too few for this interval"


@dataclass(frozen=True)
class Bounded:
    """A figure between two values.

    Attributes:
        bounds: Lowest and highest value.
        most: As how many images one counts at most: ranks, which compare each with many, vary less than
            shares, and so do correlations of several classes.
        is_share: Whether it is a share of images.
    """

    bounds: Ends = (0, 1)
    most: float = 1
    is_share: bool = False


BOUNDED: Mapping[str, Bounded] = {
    **dict.fromkeys(
        ("accuracy", "recall", "sensitivity", "specificity", "precision", "ppv", "npv"),
        Bounded(is_share=True),
    ),
    **dict.fromkeys(("coverage", "image_coverage", "empty", "single", "full"), Bounded(is_share=True)),
    **dict.fromkeys(("balanced_accuracy", "macro_f1", "weighted_f1", "f1"), Bounded()),
    **dict.fromkeys(("sensitivity_at_95_specificity", "specificity_at_95_sensitivity"), Bounded()),
    **dict.fromkeys(("kappa", "mcc"), Bounded((-1, 1), most=2)),
    **dict.fromkeys(
        ("auc", "auc_macro", "auc_weighted", "average_precision", "average_precision_macro"), Bounded(most=2)
    ),
}
POSITIVE_MEANS = {"loss": -log(PROBABILITY_BOUND), "brier": 2.0}
"""Means of positive numbers, with their highest value."""
CALIBRATION_ERRORS = ("ece", "classwise_ece")


def estimates(
    replicates: Mapping[str, NDArray[np.float64]],
    groups: NDArray[np.int64],
    *,
    about: Mapping[str, NDArray[np.bool_]] | None = None,
    fewest: Mapping[str, int] | None = None,
    chance: float = 0.0,
    confidence: float = 0.95,
) -> dict[str, Any]:
    """State figures and their intervals.

    Args:
        replicates: Each figure, shape (1 + replicates,): first of the images themselves, then under the
            weights that were drawn; NaN where it does not exist.
        groups: Group of each image, shape (n,).
        about: Of figures that are not about all images, which images they are about, shape (n,): those of the
            denominator of a share.
        fewest: As ``interval``, of figures that have it.
        chance: As ``interval``.
        confidence: As ``interval``.

    Returns:
        Each figure, ``None`` where it does not exist, and ``intervals`` {figure: ``low``, ``high``,
        ``flag``} of those that have one.
    """
    about, fewest = about or {}, fewest or {}
    found = {
        name: interval(
            name,
            values,
            groups[about[name]] if name in about else groups,
            fewest=fewest.get(name),
            chance=chance,
            confidence=confidence,
        )
        for name, values in replicates.items()
    }
    stated = {
        name: float(values[0]) if np.isfinite(values[0]) else None for name, values in replicates.items()
    }
    return {**stated, "intervals": {name: one for name, one in found.items() if one is not None}}


def interval(
    name: str,
    values: NDArray[np.float64],
    groups: NDArray[np.int64],
    *,
    fewest: int | None = None,
    chance: float = 0.0,
    confidence: float = 0.95,
) -> dict[str, Any] | None:
    """Interval of one figure.

    It is flagged where the simulation in ``benchmarks/coverage.py`` finds that it does not hold: with fewer
    than 30 groups; for a bounded figure with less than 10 effective images right or wrong, unless it is a
    share of independent images; for a mean of positive numbers whose replicates vary by more than 15 %, so
    that a few images make it, or not at all; for a calibration error below twice what chance alone makes.

    Args:
        name: Of the figure, which decides the kind of interval; percentiles of one that is not known here.
        values: The figure, then its replicates, shape (1 + replicates,).
        groups: Group of each image that it is about, shape (n,).
        fewest: Groups in the smallest part that it depends on, such as a class; ``None``: all.
        chance: Calibration error that true probabilities would have with these images.
        confidence: Nominal coverage, inside (0, 1).

    Returns:
        ``low``, ``high`` and ``flag`` (``None``: nothing speaks against it); ``None`` where the figure does
        not exist or is about no image.
    """
    if not len(groups) or not np.isfinite(values[0]):
        return None
    basis = Basis.of(groups)
    low, high = _ends(name, values, basis, confidence)
    enough = (basis.groups if fewest is None else fewest) >= LEAST_GROUPS
    flag = None if enough and _holds(name, values, basis, chance) else FLAG
    return {"low": low, "high": high, "flag": flag}


def _ends(name: str, values: NDArray[np.float64], basis: Basis, confidence: float) -> Ends:
    if bounded := BOUNDED.get(name):
        if bounded.is_share and basis.is_independent:
            return wilson_interval(float(values[0]), basis.images, normal_quantile(confidence))
        return score_interval(values, basis, confidence, bounded.bounds, bounded.most)
    if name in POSITIVE_MEANS:
        return log_interval(values, basis, confidence, POSITIVE_MEANS[name])
    if name in CALIBRATION_ERRORS:
        return symmetric_interval(values, confidence)
    return percentile_interval(values, confidence)


def _holds(name: str, values: NDArray[np.float64], basis: Basis, chance: float) -> bool:
    if name in CALIBRATION_ERRORS:
        return bool(values[0] > 0 and values[0] >= LEAST_MULTIPLE_OF_CHANCE * chance)
    if name in POSITIVE_MEANS:
        variation = replicate_spread(values, basis) / max(values[0], PROBABILITY_BOUND)
        return ROUNDING < variation <= LARGEST_VARIATION
    bounded = BOUNDED.get(name)
    if bounded is None or (bounded.is_share and basis.is_independent):
        return True
    low, high = bounded.bounds
    share = (values[0] - low) / (high - low)
    n = effective_images(values, basis, bounded.bounds, bounded.most)
    return bool(n * min(share, 1 - share) >= LEAST_EVENTS)
