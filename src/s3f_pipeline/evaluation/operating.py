"""Operating points of two classes: from which probability on an image is called positive."""

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.ratios import ratios

FIXED = 0.5
FIGURES = ("sensitivity", "specificity", "ppv", "npv")
_ROUNDING = 1e-9
_CHUNK = 2**20
"""Weights of images in memory at once."""


def youden_threshold(is_positive: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> float | None:
    """The threshold of highest sensitivity + specificity (Youden, Cancer 1950).

    Candidates lie halfway between neighbouring probabilities; of equally good ones the one nearest to 0.5 is
    taken. An image is positive from the threshold on.

    Args:
        is_positive: Whether an image is of the positive class, shape (n,).
        probabilities: Of the positive class, shape (n,).

    Returns:
        ``None`` where one class is absent.
    """
    if is_positive.all() or not is_positive.any():
        return None
    values, position = np.unique(probabilities, return_inverse=True)
    positives, negatives = np.bincount(position, is_positive), np.bincount(position, ~is_positive)
    missed = (np.cumsum(positives) - positives) / positives.sum()  # below each candidate
    rejected = (np.cumsum(negatives) - negatives) / negatives.sum()
    candidates = np.append(0.0, (values[1:] + values[:-1]) / 2)
    index = rejected - missed
    best = candidates[index >= index.max() - _ROUNDING]
    return float(best[np.abs(best - FIXED).argmin()])


def threshold_figures(
    is_positive: NDArray[np.bool_],
    is_called: NDArray[np.bool_],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
) -> dict[str, NDArray[np.float64]]:
    """Sensitivity, specificity, PPV and NPV of calling some images positive.

    Args:
        is_positive: Whether an image is of the positive class, shape (n,).
        is_called: Whether it is called so, shape (n,).
        groups: Number of each image's group, shape (n,), from 0 without gaps.
        weights: How often each group counts, shape (replicates, groups).

    Returns:
        Each of shape (replicates,); NaN where the denominator is 0.
    """
    right = is_positive == is_called
    among = np.stack([is_positive, ~is_positive, is_called, ~is_called], axis=1)
    found = ratios((among & right[:, None]).astype(np.float64), among.astype(np.float64), groups, weights)
    return dict(zip(FIGURES, found.T, strict=True))


def best_sensitivity(
    is_positive: NDArray[np.bool_],
    scores: NDArray[np.float64],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
    *,
    specificity: float,
) -> NDArray[np.float64]:
    """Highest sensitivity of a threshold at which the specificity is at least this much.

    A point of the ROC curve of these images, read off without interpolation: whoever has to choose the
    threshold beforehand gets less. With ``~is_positive`` and negated scores it is the highest specificity at
    a sensitivity.

    Args:
        is_positive: Whether an image is of the positive class, shape (n,).
        scores: What grows with the probability of the positive class, shape (n,).
        groups: Number of each image's group, shape (n,), from 0 without gaps.
        weights: How often each group counts, shape (replicates, groups).
        specificity: In (0, 1].

    Returns:
        Shape (replicates,); NaN where a class has no weight.
    """
    if is_positive.all() or not is_positive.any():
        return np.full(len(weights), np.nan)
    negatives, positives = (
        np.flatnonzero(of_class)[np.argsort(-scores[of_class], kind="stable")]
        for of_class in (~is_positive, is_positive)
    )
    higher = np.searchsorted(-scores[positives], -scores[negatives])  # positives above each negative
    found = np.empty(len(weights))
    rows = max(1, _CHUNK // len(scores))
    for first in range(0, len(weights), rows):
        chunk = weights[first : first + rows]
        false_alarms = np.cumsum(chunk[:, groups[negatives]], axis=1)
        allowed = (1 - specificity) * false_alarms[:, -1:] + _ROUNDING
        first_too_many = (false_alarms > allowed).argmax(axis=1)
        hits = np.cumsum(chunk[:, groups[positives]], axis=1)
        called = np.take_along_axis(np.pad(hits, ((0, 0), (1, 0))), higher[first_too_many, None], axis=1)
        with np.errstate(invalid="ignore"):
            found[first : first + rows] = called[:, 0] / hits[:, -1]
    return found
