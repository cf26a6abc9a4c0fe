"""Decision curve: is it worth acting on the network at all (Vickers and Elkin, Med Decis Making 2006)?

Whoever acts from a probability of t on holds a false alarm for t / (1 - t) times as bad as a hit is good. Net
benefit counts hits less false alarms at that rate, per patient, at the prevalence where the network is used.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from s3f_pipeline.evaluation.ratios import cell_sums
from s3f_pipeline.evaluation.recalibration import logit


def at_prevalence(
    probabilities: NDArray[np.float64], *, found: float, prevalence: float
) -> NDArray[np.float64]:
    """Probabilities of the positive class where it has another prevalence: all odds times one factor.

    Right where images of a class are alike in both places.

    Args:
        probabilities: Calibrated, of the positive class, shape (n,).
        found: Share of positives where they were calibrated, inside (0, 1).
        prevalence: Share of positives where they are used, inside (0, 1).
    """
    factor = prevalence / (1 - prevalence) * (1 - found) / found
    return np.asarray(expit(logit(probabilities) + np.log(factor)))


def net_benefits(
    is_positive: NDArray[np.bool_],
    probabilities: NDArray[np.float64],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
    *,
    thresholds: NDArray[np.float64],
    prevalence: float,
) -> NDArray[np.float64]:
    """Net benefit per patient of acting on the network, at most the prevalence.

    With π the prevalence and t the threshold: π · sensitivity - (1 - π) · (1 - specificity) · t / (1 - t).

    Args:
        is_positive: Whether an image is of the positive class, shape (n,); both classes occur.
        probabilities: Of the positive class at that prevalence, shape (n,).
        groups: Number of each image's group, shape (n,), from 0 without gaps.
        weights: How often each group counts, shape (replicates, groups).
        thresholds: From which probability on one acts, inside (0, 1), ascending, shape (thresholds,).
        prevalence: Share of positives where the network is used, inside (0, 1).

    Returns:
        Shape (replicates, thresholds); NaN where a class has no weight.
    """
    cells = np.searchsorted(thresholds, probabilities, side="right")
    sensitivity, false_positive_rate = (
        _called(cells[of_class], groups[of_class], weights, len(thresholds))
        for of_class in (is_positive, ~is_positive)
    )
    return prevalence * sensitivity - (1 - prevalence) * false_positive_rate * thresholds / (1 - thresholds)


def benefit_of_all(thresholds: NDArray[np.float64], prevalence: float) -> NDArray[np.float64]:
    """Net benefit of acting on every image, shape (thresholds,); that of acting on none is 0."""
    return prevalence - (1 - prevalence) * thresholds / (1 - thresholds)


def _called(
    cells: NDArray[np.int64], groups: NDArray[np.int64], weights: NDArray[np.int32], thresholds: int
) -> NDArray[np.float64]:
    """Share of images at or above each threshold, shape (replicates, thresholds); cells count those below."""
    ones = np.ones((len(cells), 1))
    counts = cell_sums(cells[:, None], ones, groups, weights, n_cells=thresholds + 1)
    called = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
    total = called[:, :1]
    return np.divide(called[:, 1:], total, out=np.full(called[:, 1:].shape, np.nan), where=total > 0)
