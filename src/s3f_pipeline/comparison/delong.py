"""DeLong's test of two areas under the ROC curve on the same independent images."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata


def delong_p(
    is_class: NDArray[np.bool_], first: NDArray[np.float64], second: NDArray[np.float64]
) -> float | None:
    """Two-sided p of equal areas (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988).

    Args:
        is_class: Whether each image is of the class, shape (n,).
        first: Score of the class by the first network, shape (n,).
        second: By the second one.

    Returns:
        ``None`` where there are fewer than two images of the class or fewer than two others; 1 for scores in
        the same order; 0 where areas differ that have no spread.
    """
    if min(np.count_nonzero(is_class), np.count_nonzero(~is_class)) < 2:
        return None
    difference, variance = area_difference(is_class, first, second)
    if variance <= 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * norm.sf(abs(difference) / sqrt(variance)))


def area_difference(
    is_class: NDArray[np.bool_], first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[float, float]:
    """First area less second, and its variance; arguments as ``delong_p``."""
    placed = [_placements(is_class, scores) for scores in (first, second)]
    inside, outside = (np.stack([each[side] for each in placed]) for side in (0, 1))
    first_area, second_area = inside.mean(axis=1)
    covariance = np.cov(inside) / inside.shape[1] + np.cov(outside) / outside.shape[1]
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return float(first_area - second_area), float(variance)


def _placements(
    is_class: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the others below each image of the class, and of the class above each other; ties halve."""
    among_all = rankdata(scores)
    inside = among_all[is_class] - rankdata(scores[is_class])
    outside = among_all[~is_class] - rankdata(scores[~is_class])
    return inside / np.count_nonzero(~is_class), 1 - outside / np.count_nonzero(is_class)
