"""Every figure of a table of predictions, under many weightings of its groups at once."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.calibration import MASS_BINS, mass_bins, top_label_gaps
from s3f_pipeline.evaluation.confusion import class_figures, overall_figures
from s3f_pipeline.evaluation.ranking import Ranking
from s3f_pipeline.evaluation.ratios import weighted_sums

_Figures = dict[str, NDArray[np.float64]]
_CHUNK = 2**20
"""Weights of images in memory at once."""
PROBABILITY_BOUND = 1e-7
"""Least probability in a cross-entropy, as in Keras (``keras.config.epsilon()``)."""


def replicate_figures(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
) -> dict[str, NDArray[np.float64]]:
    """Compute the figures under each row of weights; a row of ones gives the figures themselves.

    Args:
        labels: Class numbers, shape (n,).
        probabilities: Of each class, shape (n, classes); the first of the most probable ones is predicted.
        groups: Number of each image's group, shape (n,), from 0 without gaps.
        weights: How often each group counts, shape (replicates, groups), as ``group_weights`` draws them.

    Returns:
        Each of shape (replicates,): those of ``confusion.overall_figures``; ``auc_macro``, ``auc_weighted``
        and ``average_precision_macro`` (one-vs-rest); ``loss`` (mean cross-entropy in nats); ``brier`` (mean
        sum of squared errors over the classes, 0 to 2); ``ece`` (expected calibration error of the most
        probable class, bins of equal mass that stay those of all images); and of each class
        ``per_class.<number>.<figure>``: those of ``confusion.class_figures``, ``auc``,
        ``average_precision``, ``loss`` (of its images) and ``brier`` (of its probability, 0 to 1). NaN is
        what does not exist: what needs images of a class, or of the others, that have no weight.
    """
    counted, counted_by_class = _counted(labels, probabilities, groups, weights)
    ranked, ranked_by_class = _ranked(labels, probabilities, groups, weights)
    return {
        **counted,
        **ranked,
        **{
            f"per_class.{number}.{name}": values[:, number]
            for name, values in (counted_by_class | ranked_by_class).items()
            for number in range(probabilities.shape[1])
        },
    }


def losses(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cross-entropy of each image in nats, shape (n,), probabilities clipped as Keras does.

    Args:
        labels: Class numbers, shape (n,).
        probabilities: Of each class, shape (n, classes).
    """
    of_label = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.clip(of_label, PROBABILITY_BOUND, 1 - PROBABILITY_BOUND))


def _counted(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
) -> tuple[_Figures, _Figures]:
    """Figures that follow from sums over images, of shape (replicates,) and (replicates, classes)."""
    classes = probabilities.shape[1]
    images = np.arange(len(labels))
    of_class = np.eye(classes)[labels]
    confidences, gaps = top_label_gaps(labels, probabilities)

    cells = np.zeros((len(labels), classes**2))
    cells[images, labels * classes + probabilities.argmax(axis=1)] = 1
    binned_gaps = np.zeros((len(labels), MASS_BINS))
    binned_gaps[images, mass_bins(confidences)] = gaps
    class_losses = of_class * losses(labels, probabilities)[:, None]
    parts = [cells, binned_gaps, class_losses, (probabilities - of_class) ** 2]
    sums = weighted_sums(np.concatenate(parts, axis=1), groups, weights)
    ends = np.cumsum([part.shape[1] for part in parts])[:-1]
    counts, gap_sums, loss_sums, squares = np.split(sums, ends, axis=1)

    confusions = counts.reshape(-1, classes, classes)
    support, total = confusions.sum(axis=2), counts.sum(axis=1)
    by_class = class_figures(confusions) | {
        "loss": _ratio_or_nan(loss_sums, support),
        "brier": squares / total[:, None],
    }
    overall = overall_figures(confusions) | {
        "loss": loss_sums.sum(axis=1) / total,
        "brier": squares.sum(axis=1) / total,
        "ece": np.abs(gap_sums).sum(axis=1) / total,
    }
    return overall, by_class


def _ranked(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
) -> tuple[_Figures, _Figures]:
    """Figures that follow from the order of the images by their probability of a class."""
    classes = probabilities.shape[1]
    areas = []
    for number in range(classes):
        if classes == 2:
            scores = probabilities[:, 1] if number else -probabilities[:, 1]  # rounding of 1 - p makes ties
        else:
            scores = probabilities[:, number]
        ranking = Ranking.of(labels == number, scores, groups)
        rows = [ranking.areas(chunk) for chunk in _chunks(weights, len(labels))]
        areas.append(np.concatenate(rows, axis=1))
    auc, average_precision = np.stack(areas, axis=2)
    support = weighted_sums(np.eye(classes)[labels], groups, weights)
    overall = {
        "auc_macro": auc.mean(axis=1),
        "auc_weighted": (auc * support).sum(axis=1) / support.sum(axis=1),
        "average_precision_macro": average_precision.mean(axis=1),
    }
    return overall, {"auc": auc, "average_precision": average_precision}


def _chunks(weights: NDArray[np.int32], width: int) -> Iterator[NDArray[np.int32]]:
    rows = max(1, _CHUNK // width)
    return (weights[first : first + rows] for first in range(0, len(weights), rows))


def _ratio_or_nan(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)
