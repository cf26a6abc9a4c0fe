"""Figures of confusion matrices, many at once."""

import numpy as np
from numpy.typing import NDArray


def class_figures(confusions: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Figures of each class against the rest.

    Args:
        confusions: Images by true and by predicted class, shape (rows, classes, classes).

    Returns:
        ``precision`` (positive predictive value), ``recall`` (sensitivity), ``f1``, ``specificity`` and
        ``npv`` (negative predictive value), each of shape (rows, classes); 0 where the denominator is 0.
    """
    hits, support, called, total = _margins(confusions)
    rest, not_called = total[:, None] - support, total[:, None] - called
    true_negatives = rest - called + hits
    return {
        "precision": _ratio(hits, called),
        "recall": _ratio(hits, support),
        "f1": _ratio(2 * hits, support + called),
        "specificity": _ratio(true_negatives, rest),
        "npv": _ratio(true_negatives, not_called),
    }


def overall_figures(confusions: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Figures of all classes together.

    Args:
        confusions: As ``class_figures``.

    Returns:
        ``accuracy``, ``balanced_accuracy`` (mean recall of the classes that have images), ``macro_f1``,
        ``weighted_f1``, ``kappa`` (Cohen; NaN where labels and predictions are all of one class) and ``mcc``
        (Matthews; 0 where labels or predictions are), each of shape (rows,).
    """
    hits, support, called, total = _margins(confusions)
    accuracy = hits.sum(axis=1) / total
    by_class = class_figures(confusions)
    by_chance = (support * called).sum(axis=1) / total**2
    spread = (1 - ((support / total[:, None]) ** 2).sum(axis=1)) * (
        1 - ((called / total[:, None]) ** 2).sum(axis=1)
    )
    agreement = accuracy - by_chance
    return {
        "accuracy": accuracy,
        "balanced_accuracy": by_class["recall"].sum(axis=1) / (support > 0).sum(axis=1),
        "macro_f1": by_class["f1"].mean(axis=1),
        "weighted_f1": (by_class["f1"] * support).sum(axis=1) / total,
        "kappa": np.where(by_chance < 1, _ratio(agreement, 1 - by_chance), np.nan),
        "mcc": _ratio(agreement, np.sqrt(spread)),
    }


def _margins(confusions: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    return (
        np.diagonal(confusions, axis1=1, axis2=2),
        confusions.sum(axis=2),
        confusions.sum(axis=1),
        confusions.sum(axis=(1, 2)),
    )


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
