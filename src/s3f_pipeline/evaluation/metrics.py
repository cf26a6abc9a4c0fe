"""Classification metrics of one experiment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.blocks import class_block, class_groups, overall_block, positive_block
from s3f_pipeline.evaluation.predictions import check_predictions
from s3f_pipeline.evaluation.replicates import losses, replicate_figures
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample


def compute_metrics(
    predictions: pd.DataFrame,
    classes: Sequence[str],
    *,
    positive_class: str | None = None,
    replicates: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Metrics of a table of predictions with their intervals, ready for JSON.

    A ratio whose denominator is zero is 0 (scikit-learn's ``zero_division=0``): a class without
    images counts with an F1 of 0 in ``macro_f1``; ``balanced_accuracy`` is the mean recall of the
    classes that have images. What does not exist at all, such as the AUC of a class that is absent or
    alone, or Cohen's kappa where one class is all there is, is ``None``, and ``notes`` says why.

    Args:
        predictions: The rows of one split, as ``check_predictions`` wants them.
        classes: Class names of the cohort; their order is that of ``confusion_matrix``.
        positive_class: Class whose detection the ``positive`` block describes.
        replicates: How often groups are drawn for the intervals.
        confidence: Nominal coverage of the intervals, inside (0, 1).
        seed: Of the draws.

    Returns:
        ``n`` (images), ``groups``, the overall figures of ``replicates.replicate_figures`` under their
        names, ``intervals`` of these (see ``estimates.estimates``), ``per_class`` {class: ``support``
        (images), ``groups``, the figures of a class, ``intervals``}, ``confusion_matrix`` (rows are true
        classes), ``notes``, and with ``positive_class`` also ``positive`` {``sensitivity``,
        ``specificity``, ``precision``, ``npv``, ``f1``, ``auc``, ``average_precision``, ``intervals``}.

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
    sample = Sample.of(predictions, classes)
    weights = weights_with_itself(sample.labels, sample.groups, replicates=replicates, seed=seed)
    figures = replicate_figures(sample.labels, sample.probabilities, sample.groups, weights)
    confusions = confusion_matrix(sample)
    per_class = {
        name: {
            "support": int(confusions[number].sum()),
            "groups": class_groups(sample, number),
            **class_block(figures, sample, number, confidence),
        }
        for number, name in enumerate(classes)
    }
    metrics: dict[str, Any] = {
        "n": len(sample.labels),
        "groups": sample.n_groups,
        **overall_block(figures, sample, confidence),
        "per_class": per_class,
        "confusion_matrix": confusions.tolist(),
        "notes": _notes(classes, confusions),
    }
    if positive_class is not None:
        metrics["positive"] = positive_block(per_class[positive_class])
    return metrics


def confusion_matrix(sample: Sample) -> NDArray[np.int64]:
    """Images by true class (rows) and predicted class, shape (classes, classes)."""
    classes = sample.probabilities.shape[1]
    cells = sample.labels * classes + sample.probabilities.argmax(axis=1)
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


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
    known = [auc for auc in class_aucs(labels, probabilities) if auc is not None]
    return float(np.mean(known)) if len(known) == probabilities.shape[1] else None


def cross_entropy(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Mean of ``replicates.losses``."""
    return float(losses(labels, probabilities).mean())


def _notes(classes: Sequence[str], confusions: NDArray[np.int64]) -> list[str]:
    absent = [name for name, images in zip(classes, confusions.sum(axis=1), strict=True) if not images]
    uncalled = [name for name, images in zip(classes, confusions.sum(axis=0), strict=True) if not images]
    notes = []
    if absent:
        notes.append(
            f"No image of class {', '.join(absent)}: no AUC, average precision and loss of that class and no "
            "mean AUC; its recall and F1 count as 0."
        )
    if uncalled:
        notes.append(f"No image was taken for {', '.join(uncalled)}: the precision counts as 0.")
    if len(absent) == len(classes) - 1:
        notes.append("All images are of one class: no class has an AUC; the specificity counts as 0.")
    if np.diag(confusions).max() == confusions.sum():
        notes.append("Labels and predictions are all of one class: Cohen's kappa does not exist.")
    return notes
