"""Proper scores, and how much of each is a matter of calibration."""

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.metrics import cross_entropy
from s3f_pipeline.evaluation.temperature import cross_fitted


def brier_score(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Multi-class Brier score: mean of the sum over classes of (p - y)², in [0, 2].

    Of two classes it is twice the binary score of the same name.

    Args:
        labels: Class numbers, shape (n,), n >= 1.
        probabilities: Of each class, shape (n, classes).
    """
    of_label = probabilities[np.arange(len(labels)), labels]
    return float(((probabilities**2).sum(axis=1) - 2 * of_label + 1).mean())


def decomposed_scores(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], groups: NDArray[np.int64], *, seed: int = 0
) -> dict[str, dict[str, float | None]]:
    """Log loss and Brier score, each split into calibration and refinement.

    Refinement is what remains after temperature scaling, where the temperature of an image is fitted on other
    groups (Berta et al., 2025, arXiv 2501.19195); calibration is the difference. It may lie slightly below 0:
    of a well calibrated network the fitted temperatures are noise.

    Args:
        labels: Class numbers, shape (n,), n >= 1.
        probabilities: Of each class, shape (n, classes).
        groups: Number of each image's group, shape (n,).
        seed: Of the cut into folds.

    Returns:
        ``log_loss`` (nats) and ``brier`` (0 to 2), each with ``value``, ``calibration`` and ``refinement``;
        the last two are ``None`` where all images are of one group.
    """
    scaled = cross_fitted(labels, probabilities, groups, seed=seed)
    found: dict[str, dict[str, float | None]] = {}
    for name, score in (("log_loss", cross_entropy), ("brier", brier_score)):
        value = score(labels, probabilities)
        refinement = None if scaled is None else score(labels, scaled)
        calibration = None if refinement is None else value - refinement
        found[name] = {"value": value, "calibration": calibration, "refinement": refinement}
    return found
