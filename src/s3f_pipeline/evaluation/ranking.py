"""Areas under ROC and precision-recall curves, under many weightings of the groups at once."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranking:
    """Images from the highest score of a class to its lowest, sorted once for all weightings.

    Attributes:
        groups: Group of each image, shape (n,), in that order.
        positives: Positions of the images of the class, shape (p,).
        tie_starts: For each of these, how many images have a higher score, shape (p,).
        tie_ends: For each of these, how many have the same or a higher score, shape (p,).
    """

    groups: NDArray[np.int64]
    positives: NDArray[np.int64]
    tie_starts: NDArray[np.int64]
    tie_ends: NDArray[np.int64]

    @classmethod
    def of(cls, is_class: NDArray[np.bool_], scores: NDArray[np.float64], groups: NDArray[np.int64]) -> Self:
        """Sort.

        Args:
            is_class: Whether each image is of the class, shape (n,).
            scores: Its probability, or what grows with it, shape (n,).
            groups: Number of each image's group, shape (n,).
        """
        order = np.argsort(-scores, kind="stable")
        descending = -scores[order]
        positives = np.flatnonzero(is_class[order])
        return cls(
            groups=groups[order],
            positives=positives,
            tie_starts=np.searchsorted(descending, descending[positives], side="left"),
            tie_ends=np.searchsorted(descending, descending[positives], side="right"),
        )

    def areas(self, weights: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Area under the ROC curve and average precision, as scikit-learn defines them.

        Args:
            weights: How often each group counts, shape (rows, groups).

        Returns:
            Both of shape (rows,); NaN where the class is absent, the first also where it is alone.
        """
        by_image = np.take(weights, self.groups, axis=1)
        above = _running_sum(by_image)
        own = by_image[:, self.positives]
        positives_above = _running_sum(own)
        total, positive = above[:, -1].astype(np.float64), positives_above[:, -1].astype(np.float64)

        hits = positives_above[:, np.searchsorted(self.positives, self.tie_ends)]
        called = above[:, self.tie_ends]
        hits_before = positives_above[:, np.searchsorted(self.positives, self.tie_starts)]
        false_before = above[:, self.tie_starts] - hits_before
        mean_false = (called - hits + false_before) / 2

        with np.errstate(invalid="ignore", divide="ignore"):
            auc = 1 - np.einsum("rp,rp->r", own, mean_false) / (positive * (total - positive))
            precision = hits / np.maximum(called, 1)
            average_precision = np.einsum("rp,rp->r", own, precision) / positive
        return auc, average_precision


def _running_sum(values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sums of the first 0, 1, …, n values of each row, shape (rows, n + 1)."""
    sums = np.zeros((len(values), values.shape[1] + 1), np.int32)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums
