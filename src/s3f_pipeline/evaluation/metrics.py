"""Classification metrics of one experiment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import (
    cohen_kappa_score,
    confusion_matrix,
    matthews_corrcoef,
    precision_recall_fscore_support,
    roc_auc_score,
)

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.predictions import (
    check_predictions,
    class_indices,
    class_probabilities,
)

_KERAS_EPSILON = 1e-7  # keras.config.epsilon(), the bound in Keras' cross-entropies


def compute_metrics(
    predictions: pd.DataFrame, classes: Sequence[str], *, positive_class: str | None = None
) -> dict[str, Any]:
    """Metrics of a table of predictions, ready for JSON.

    A ratio whose denominator is zero is 0 (scikit-learn's ``zero_division=0``): a class without
    images counts with an F1 of 0 in ``macro_f1``; ``balanced_accuracy`` is the mean recall of the
    classes that have images. What does not exist at all, the AUC of a class that is absent or
    alone and Cohen's kappa where one class is all there is, is ``None``, and ``notes`` says why.

    Args:
        predictions: The rows of one split, as ``check_predictions`` wants them.
        classes: Class names of the cohort; their order is that of ``confusion_matrix``.
        positive_class: Class whose detection the ``positive`` block describes.

    Returns:
        ``n``, ``loss`` (mean cross-entropy in nats, probabilities clipped to [1e-7, 1 - 1e-7] as
        in Keras), ``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``weighted_f1``, ``kappa``
        (Cohen, unweighted), ``mcc`` (Matthews), ``auc_macro`` and ``auc_weighted``
        (one-vs-rest), ``per_class`` {class: ``precision``, ``recall``, ``f1``, ``support``,
        ``auc``}, ``confusion_matrix`` (rows are true classes), ``notes``, and with
        ``positive_class`` also ``positive`` {``sensitivity``, ``specificity``, ``precision``,
        ``f1``, ``auc``}.

    Raises:
        EvaluationError: If the table fails ``check_predictions``, or ``positive_class`` is not
            one of the classes.
    """
    check_predictions(predictions, classes)
    if positive_class is not None and positive_class not in classes:
        raise EvaluationError(
            f"The positive class '{positive_class}' is not a class of this cohort. "
            f"Choose one of {', '.join(classes)}."
        )
    labels = class_indices(predictions["label"], classes)
    predicted = class_indices(predictions["predicted"], classes)
    probabilities = class_probabilities(predictions, classes)
    indices = range(len(classes))

    confusions = confusion_matrix(labels, predicted, labels=indices)
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=indices, zero_division=0
    )
    aucs = class_aucs(labels, probabilities)
    one_class_only = bool(np.diag(confusions).max() == len(labels))

    metrics: dict[str, Any] = {
        "n": len(labels),
        "loss": cross_entropy(labels, probabilities),
        "accuracy": float(np.mean(labels == predicted)),
        "balanced_accuracy": float(recall[support > 0].mean()),
        "macro_f1": float(f1.mean()),
        "weighted_f1": float(np.average(f1, weights=support)),
        "kappa": None if one_class_only else float(cohen_kappa_score(labels, predicted)),
        "mcc": 0.0 if one_class_only else float(matthews_corrcoef(labels, predicted)),
        "auc_macro": _mean_auc(aucs, np.ones_like(support)),
        "auc_weighted": _mean_auc(aucs, support),
        "per_class": {
            name: {
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "support": int(support[index]),
                "auc": aucs[index],
            }
            for index, name in enumerate(classes)
        },
        "confusion_matrix": confusions.tolist(),
        "notes": _notes(classes, support, one_class_only=one_class_only),
    }
    if positive_class is not None:
        scores = metrics["per_class"][positive_class]
        metrics["positive"] = {
            "sensitivity": scores["recall"],
            "specificity": _specificity(confusions, list(classes).index(positive_class)),
            "precision": scores["precision"],
            "f1": scores["f1"],
            "auc": scores["auc"],
        }
    return metrics


def one_vs_rest_auc(is_class: NDArray[np.bool_], scores: NDArray[np.float64]) -> float | None:
    """Area under the ROC curve of one class, ``None`` if it has no images or all of them.

    Args:
        is_class: Whether each image is of the class, shape (n,).
        scores: Probability of the class, shape (n,).
    """
    return float(roc_auc_score(is_class, scores)) if 0 < is_class.sum() < is_class.size else None


def class_aucs(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[float | None]:
    """One-vs-rest area of each class, ``None`` for a class that is absent or alone.

    Of two classes both have the area by the second one's probability, as in the MedMNIST benchmark; rounding
    of 1 - p makes no ties.

    Args:
        labels: Class numbers, shape (n,).
        probabilities: Of each class, shape (n, classes).
    """
    if probabilities.shape[1] == 2:
        return [one_vs_rest_auc(labels == 1, probabilities[:, 1])] * 2
    return [one_vs_rest_auc(labels == index, of_class) for index, of_class in enumerate(probabilities.T)]


def mean_auc(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float | None:
    """Plain mean of ``class_aucs``, ``None`` if a class is absent: the AUC of the MedMNIST benchmark."""
    aucs = class_aucs(labels, probabilities)
    return _mean_auc(aucs, np.ones(len(aucs), np.int64))


def cross_entropy(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Mean of -log p(true class) in nats, p clipped to [1e-7, 1 - 1e-7] as Keras does.

    Args:
        labels: Class numbers, shape (n,).
        probabilities: Of each class, shape (n, classes).
    """
    of_label = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(of_label, _KERAS_EPSILON, 1 - _KERAS_EPSILON)).mean())


def _mean_auc(aucs: Sequence[float | None], weights: NDArray[np.int64]) -> float | None:
    known = [auc for auc in aucs if auc is not None]
    return float(np.average(known, weights=weights)) if len(known) == len(aucs) else None


def _specificity(confusions: NDArray[np.int64], positive: int) -> float:
    negatives = np.delete(confusions, positive, axis=0)
    true_negatives = np.delete(negatives, positive, axis=1)
    return float(true_negatives.sum() / max(negatives.sum(), 1))


def _notes(classes: Sequence[str], support: NDArray[np.int64], *, one_class_only: bool) -> list[str]:
    absent = [name for name, images in zip(classes, support, strict=True) if images == 0]
    notes = []
    if absent:
        notes.append(
            f"No image of class {', '.join(absent)}: no AUC for that class and no mean AUC; "
            "its F1 counts as 0."
        )
    if len(absent) == len(classes) - 1:
        notes.append("All images are of one class: no class has an AUC.")
    if one_class_only:
        notes.append("Labels and predictions are all of one class: Cohen's kappa does not exist.")
    return notes
