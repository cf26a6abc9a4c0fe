"""Operating points of two classes: from which probability on an image is called positive."""

import numpy as np
from numpy.typing import NDArray

FIXED = 0.5


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
    positives = np.bincount(position, is_positive)
    negatives = np.bincount(position) - positives
    # index i: positive are values[i:], none of them for i = len(values)
    sensitivity = np.append(positives[::-1].cumsum()[::-1], 0) / positives.sum()
    false_positives = np.append(negatives[::-1].cumsum()[::-1], 0) / negatives.sum()
    index = sensitivity - false_positives
    edges = np.concatenate([[0.0], (values[1:] + values[:-1]) / 2, [1.0]])
    best = np.flatnonzero(index >= index.max() - 1e-12)
    return float(edges[best[np.abs(edges[best] - FIXED).argmin()]])
