"""Labels that held-out predictions contradict: confident learning."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.evaluation.predictions import class_indices, class_probabilities


def suspicious_labels(predictions: pd.DataFrame, classes: Sequence[str], most: int) -> dict[str, Any]:
    """List the labels that predictions of images held out of training contradict most.

    Confident learning (Northcutt et al., JAIR 70, 2021): the threshold of a class is the mean probability
    that images labelled so get for it; of the classes whose threshold its probability reaches, an image
    counts as the most probable one. Listed is where that is not its label, by the margin between the two
    probabilities. A candidate to look at: a network that is wrong looks like a label that is.

    Args:
        predictions: Of validation and test images, as ``check_predictions`` wants them but for the split.
        classes: Class names of the cohort.
        most: How many are listed.

    Returns:
        ``images`` (looked at), ``found`` (contradicted), ``thresholds`` {class: mean, ``None`` without
        images} and ``listed``: ``image_id``, ``group``, ``split``, ``label``, ``suggested``, ``p_label``,
        ``p_suggested``, largest margin first.
    """
    labels = class_indices(predictions["label"], classes)
    probabilities = class_probabilities(predictions, classes)
    thresholds = thresholds_of(labels, probabilities)
    suggested = contradicted(labels, probabilities, thresholds)
    places = np.flatnonzero(suggested >= 0)
    margins = probabilities[places, suggested[places]] - probabilities[places, labels[places]]
    ranked = places[np.argsort(-margins, kind="stable")][:most]
    return {
        "images": len(labels),
        "found": len(places),
        "thresholds": {
            name: float(value) if np.isfinite(value) else None
            for name, value in zip(classes, thresholds, strict=True)
        },
        "listed": [
            {
                **{
                    name: _text(predictions[name].iloc[place])
                    for name in ("image_id", "group", "split", "label")
                },
                "suggested": classes[suggested[place]],
                "p_label": float(probabilities[place, labels[place]]),
                "p_suggested": float(probabilities[place, suggested[place]]),
            }
            for place in ranked
        ],
    }


def thresholds_of(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean probability that images of each class get for it, ``inf`` without images, shape (classes,)."""
    return np.array(
        [
            probabilities[labels == number, number].mean() if (labels == number).any() else np.inf
            for number in range(probabilities.shape[1])
        ]
    )


def contradicted(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The class that each image counts as where that is not its label, else -1, shape (n,).

    Args:
        labels: Class numbers, shape (n,).
        probabilities: Of each class, shape (n, classes).
        thresholds: Of each class; ``inf`` where no image is labelled so.
    """
    confident = np.where(probabilities >= thresholds, probabilities, -1)
    counted = confident.argmax(axis=1)
    is_other = (confident.max(axis=1) >= 0) & (counted != labels)
    return np.where(is_other, counted, -1)


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)
