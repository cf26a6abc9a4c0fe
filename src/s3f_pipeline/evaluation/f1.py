"""F1 scores in NumPy alone, fast enough to be computed at every epoch."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from s3f_pipeline.errors import EvaluationError


def f1_scores(labels: ArrayLike, predicted: ArrayLike, num_classes: int) -> dict[str, float]:
    """Macro F1, weighted F1 and accuracy, defined as in ``compute_metrics``.

    Args:
        labels: True class indices, shape (n,), each in [0, ``num_classes``).
        predicted: Predicted class indices, of the same shape and range.
        num_classes: Number of classes; one that never occurs counts with an F1 of 0.

    Returns:
        ``macro_f1``, ``weighted_f1`` (weighted by the number of true labels) and ``accuracy``.

    Raises:
        EvaluationError: If the arrays are empty, not one-dimensional, of different length, or
            hold an index outside the range.
    """
    confusions = _count_confusions(labels, predicted, num_classes)
    f1 = _class_f1(confusions)
    return {
        "macro_f1": float(f1.mean()),
        "weighted_f1": float(np.average(f1, weights=confusions.sum(axis=1))),
        "accuracy": float(np.trace(confusions) / confusions.sum()),
    }


def class_f1_scores(labels: ArrayLike, predicted: ArrayLike, num_classes: int) -> NDArray[np.float64]:
    """F1 of every class, shape (``num_classes``,); arguments and errors as ``f1_scores``."""
    return _class_f1(_count_confusions(labels, predicted, num_classes))


def _count_confusions(labels: ArrayLike, predicted: ArrayLike, num_classes: int) -> NDArray[np.int64]:
    true, chosen = np.asarray(labels), np.asarray(predicted)
    if true.ndim != 1 or true.shape != chosen.shape or not true.size:
        raise EvaluationError(
            "F1 needs two arrays of class indices of one shape (n,), n >= 1. "
            f"Received: labels of shape {true.shape}, predicted of shape {chosen.shape}."
        )
    lowest, highest = min(true.min(), chosen.min()), max(true.max(), chosen.max())
    if lowest < 0 or highest >= num_classes:
        raise EvaluationError(
            f"F1 over {num_classes} classes needs class indices from 0 to {num_classes - 1}. "
            f"Received: indices from {lowest} to {highest}."
        )
    pairs = np.bincount(true * num_classes + chosen, minlength=num_classes**2)
    return pairs.reshape(num_classes, num_classes)


def _class_f1(confusions: NDArray[np.int64]) -> NDArray[np.float64]:
    # F1 = 2 TP / (true + predicted); a class with neither has TP = 0 and hence F1 = 0.
    occurrences = confusions.sum(axis=0) + confusions.sum(axis=1)
    return np.asarray(2 * np.diag(confusions) / np.maximum(occurrences, 1))
