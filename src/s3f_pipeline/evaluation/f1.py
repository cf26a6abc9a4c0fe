"""F1 scores of class indices."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score


def f1_scores(labels: NDArray[np.int64], predicted: NDArray[np.int64], num_classes: int) -> dict[str, float]:
    """Macro F1, weighted F1 and accuracy, defined as in ``compute_metrics``.

    Args:
        labels: True class indices, shape (n,), n >= 1, each in [0, ``num_classes``).
        predicted: Predicted class indices, of the same shape and range.
        num_classes: Number of classes; one that never occurs counts with an F1 of 0.

    Returns:
        ``macro_f1``, ``weighted_f1`` (weighted by the number of true labels) and ``accuracy``.
    """
    f1 = class_f1_scores(labels, predicted, num_classes)
    return {
        "macro_f1": float(f1.mean()),
        "weighted_f1": float(np.average(f1, weights=np.bincount(labels, minlength=num_classes))),
        "accuracy": float(np.mean(labels == predicted)),
    }


def class_f1_scores(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], num_classes: int
) -> NDArray[np.float64]:
    """F1 of every class, shape (``num_classes``,); arguments as ``f1_scores``."""
    scores = f1_score(labels, predicted, labels=range(num_classes), average=None, zero_division=0)
    return np.asarray(scores)
