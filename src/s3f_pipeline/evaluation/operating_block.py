"""Thresholds of two classes, and what they come to: the block ``operating_point`` of the metrics."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.estimates import estimates
from s3f_pipeline.evaluation.operating import best_sensitivity, threshold_figures, youden_threshold
from s3f_pipeline.evaluation.sample import Sample

WANTED = 0.95
POSITIVE = 1
"""Number of the positive class: the second of two."""


def operating_block(
    validation: Sample | None, test: Sample, weights: NDArray[np.int32], *, confidence: float
) -> dict[str, Any]:
    """Figures of the test images at the threshold that validation chose, at 0.5, and at two wishes.

    Args:
        validation: ``None`` where there are no validation images.
        test: The test images.
        weights: How often each test group counts, shape (1 + replicates, groups), first a row of ones.
        confidence: Nominal coverage of the intervals, inside (0, 1).

    Returns:
        ``threshold`` (probability from which on an image is positive, of the highest sensitivity +
        specificity on validation; ``None`` without images of both classes there); ``chosen`` (``None``
        without a threshold) and ``one_half``, each with ``sensitivity``, ``specificity``, ``ppv``, ``npv``;
        ``wished``: ``sensitivity_at_95_specificity`` and ``specificity_at_95_sensitivity``, read off the ROC
        curve of the test images; all with ``intervals``. What does not exist is ``None``.
    """
    is_positive, probabilities = test.labels == POSITIVE, test.probabilities[:, POSITIVE]
    threshold = None
    if validation is not None:
        threshold = youden_threshold(validation.labels == POSITIVE, validation.probabilities[:, POSITIVE])

    def at(is_called: NDArray[np.bool_]) -> dict[str, Any]:
        among = {"sensitivity": is_positive, "specificity": ~is_positive, "ppv": is_called, "npv": ~is_called}
        found = threshold_figures(is_positive, is_called, test.groups, weights)
        return estimates(found, test.groups, about=among, confidence=confidence)

    wished = {
        "sensitivity_at_95_specificity": best_sensitivity(
            is_positive, probabilities, test.groups, weights, specificity=WANTED
        ),
        "specificity_at_95_sensitivity": best_sensitivity(
            ~is_positive, -probabilities, test.groups, weights, specificity=WANTED
        ),
    }
    return {
        "threshold": threshold,
        "chosen": None if threshold is None else at(probabilities >= threshold),
        "one_half": at(test.probabilities.argmax(axis=1) == POSITIVE),
        "wished": estimates(
            wished,
            test.groups,
            about=dict(zip(wished, (is_positive, ~is_positive), strict=True)),
            confidence=confidence,
        ),
    }
