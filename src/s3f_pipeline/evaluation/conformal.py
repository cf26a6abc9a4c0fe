"""Conformal sets: which classes an image may be of, so that the true one is among them at a promised rate.

Split conformal prediction with the score 1 - p(true class). What is exchangeable are groups, not images, so
each image weighs 1 / size of its group (Lee, Barber, Willett, 2023, arXiv 2306.06342): the promise is of a
random image of a random new group. Where every group has one image this is the usual
⌈(n + 1) · level⌉-th smallest score.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Cutoffs:
    """From which score on a class is left out of a set, one number per class; infinity: it never is.

    Attributes:
        scores: Highest 1 - p of a class that is in the set, shape (classes,).
        groups: Groups each cutoff was found from, shape (classes,).
    """

    scores: NDArray[np.float64]
    groups: NDArray[np.int64]


def least_groups(level: float) -> int:
    """Groups without which no finite cutoff keeps the promise: ⌈1 / (1 - level)⌉ - 1."""
    return int(np.ceil(1 / (1 - level) - _ROUNDING)) - 1


def marginal_cutoffs(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], groups: NDArray[np.int64], level: float
) -> Cutoffs:
    """One cutoff for all classes: the promise holds on the mean over all images.

    Args:
        labels: Class numbers of the validation images, shape (n,), n >= 1.
        probabilities: Of each class, shape (n, classes).
        groups: Number of each image's group, shape (n,).
        level: Promised rate, inside (0, 1).
    """
    classes = probabilities.shape[1]
    scores = 1 - probabilities[np.arange(len(labels)), labels]
    cutoff = _weighted_quantile(scores, groups, level)
    return Cutoffs(np.full(classes, cutoff), np.full(classes, len(np.unique(groups))))


def class_cutoffs(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], groups: NDArray[np.int64], level: float
) -> Cutoffs:
    """A cutoff for each class from its own images: the promise holds in each class.

    A class of fewer than ``least_groups`` groups is in every set. Arguments as ``marginal_cutoffs``.
    """
    scores, counts = [], []
    for number, of_class in enumerate(probabilities.T):
        inside = labels == number
        scores.append(_weighted_quantile(1 - of_class[inside], groups[inside], level))
        counts.append(len(np.unique(groups[inside])))
    return Cutoffs(np.array(scores), np.array(counts, np.int64))


def prediction_sets(probabilities: NDArray[np.float64], cutoffs: Cutoffs) -> NDArray[np.bool_]:
    """Which classes are in the set of each image, shape (n, classes)."""
    return np.asarray(1 - probabilities <= cutoffs.scores)


def _weighted_quantile(scores: NDArray[np.float64], groups: NDArray[np.int64], level: float) -> float:
    """The least score below or at which lies ``level`` of the weight, a new group at infinity included."""
    if not len(scores):
        return np.inf
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum((1 / sizes[group])[order])
    position = np.searchsorted(reached, level * (len(sizes) + 1) - _ROUNDING)
    return float(scores[order][position]) if position < len(scores) else np.inf
