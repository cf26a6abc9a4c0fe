"""Blocks of ``metrics.json``: figures with intervals, each about the images and groups that it depends on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.calibration import expected_error, mass_bins, top_label_gaps
from s3f_pipeline.evaluation.estimates import estimates
from s3f_pipeline.evaluation.sample import Sample

Replicates = Mapping[str, NDArray[np.float64]]

IMAGE_MEANS = ("accuracy", "loss", "brier", "ece")
"""Overall figures that hold as soon as there are groups enough, of whatever class."""
POSITIVE_FIGURES = {
    "sensitivity": "recall",
    "specificity": "specificity",
    "precision": "precision",
    "npv": "npv",
    "f1": "f1",
    "auc": "auc",
    "average_precision": "average_precision",
}
"""What figures of a class are called when it is the positive one."""


def overall_block(figures: Replicates, sample: Sample, confidence: float) -> dict[str, Any]:
    """State the figures of all classes together, as ``estimates.estimates``.

    Args:
        figures: As ``replicates.replicate_figures`` returns them, the first row that of the images.
        sample: The images.
        confidence: Nominal coverage of the intervals, inside (0, 1).
    """
    overall = {name: values for name, values in figures.items() if not name.startswith("per_class.")}
    smallest = min(class_groups(sample, number) for number in np.unique(sample.labels))
    confidences, _ = top_label_gaps(sample.labels, sample.probabilities)
    return estimates(
        overall,
        sample.groups,
        fewest={name: smallest for name in overall if name not in IMAGE_MEANS},
        chance=expected_error(confidences, mass_bins(confidences), sample.groups),
        confidence=confidence,
    )


def class_block(figures: Replicates, sample: Sample, number: int, confidence: float) -> dict[str, Any]:
    """State the figures of one class against the rest; arguments as ``overall_block``."""
    prefix = f"per_class.{number}."
    of_class = {name.removeprefix(prefix): of for name, of in figures.items() if name.startswith(prefix)}
    is_class = sample.labels == number
    is_called = sample.probabilities.argmax(axis=1) == number
    smallest = min(_groups(sample, is_class), _groups(sample, ~is_class))
    return estimates(
        of_class,
        sample.groups,
        about={
            "recall": is_class,
            "loss": is_class,
            "specificity": ~is_class,
            "precision": is_called,
            "npv": ~is_called,
            "f1": (is_class | is_called) & is_class.any(),  # of an absent class it is 0 by convention
        },
        fewest=dict.fromkeys(("f1", "auc", "average_precision"), smallest),
        confidence=confidence,
    )


def positive_block(of_class: Mapping[str, Any]) -> dict[str, Any]:
    """What ``class_block`` states of the positive class, under the names of detection."""
    intervals = of_class["intervals"]
    return {
        **{name: of_class[of] for name, of in POSITIVE_FIGURES.items()},
        "intervals": {name: intervals[of] for name, of in POSITIVE_FIGURES.items() if of in intervals},
    }


def class_groups(sample: Sample, number: int) -> int:
    """How many groups have images of a class."""
    return _groups(sample, sample.labels == number)


def _groups(sample: Sample, chosen: NDArray[np.bool_]) -> int:
    return len(np.unique(sample.groups[chosen]))
