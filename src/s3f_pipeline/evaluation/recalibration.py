"""Calibration slope and intercept of two classes: logistic regression of the label on the network's logit.

Cox (Biometrika 1958); Van Calster et al. (BMC Medicine 2019). Standard errors are cluster-robust: images of a
group count as one witness.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.replicates import PROBABILITY_BOUND

_MOST_STEPS = 100
_TOLERANCE = 1e-10
_LEAST_GROUPS = 3


@dataclass(frozen=True)
class Coefficient:
    """An estimate and its standard error, ``None`` where there are fewer than three groups."""

    value: float
    error: float | None


def logit(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """log(p / (1 - p)), p clipped to [1e-7, 1 - 1e-7]."""
    clipped = np.clip(probabilities, PROBABILITY_BOUND, 1 - PROBABILITY_BOUND)
    return np.asarray(np.log(clipped / (1 - clipped)))


def calibration_line(
    is_positive: NDArray[np.bool_], probabilities: NDArray[np.float64], groups: NDArray[np.int64]
) -> tuple[Coefficient, Coefficient] | None:
    """Intercept and slope of logit(share of positives) = intercept + slope · logit(p); ideal are 0 and 1.

    Args:
        is_positive: Whether an image is of the positive class, shape (n,).
        probabilities: Of the positive class, shape (n,).
        groups: Number of each image's group, shape (n,).

    Returns:
        ``None`` where there is no such line: one class is absent, a threshold separates the classes without
        an error, or all probabilities are equal.
    """
    logits = logit(probabilities)
    of_positive, of_negative = logits[is_positive], logits[~is_positive]
    if not len(of_positive) or not len(of_negative):
        return None
    if of_positive.min() >= of_negative.max() or of_negative.min() >= of_positive.max():
        return None
    design = np.stack([np.ones_like(logits), logits], axis=1)
    intercept, slope = _fit(is_positive, design, np.zeros_like(logits), groups)
    return intercept, slope


def calibration_in_the_large(
    is_positive: NDArray[np.bool_], probabilities: NDArray[np.float64], groups: NDArray[np.int64]
) -> Coefficient | None:
    """Intercept where the slope is held at 1: by how much all logits would have to be moved; ideal is 0.

    Arguments as ``calibration_line``. ``None`` where one class is absent.
    """
    if is_positive.all() or not is_positive.any():
        return None
    logits = logit(probabilities)
    return _fit(is_positive, np.ones((len(logits), 1)), logits, groups)[0]


def _fit(
    is_positive: NDArray[np.bool_],
    design: NDArray[np.float64],
    offset: NDArray[np.float64],
    groups: NDArray[np.int64],
) -> list[Coefficient]:
    """Maximum likelihood by Newton's method, its steps halved until they improve."""
    from scipy.special import expit

    def likelihood(at: NDArray[np.float64]) -> float:
        line = design @ at + offset
        return float((is_positive * line - np.logaddexp(0, line)).sum())

    coefficients = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        fitted = expit(design @ coefficients + offset)
        scores = design * (is_positive - fitted)[:, None]
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        step = np.linalg.solve(information, scores.sum(axis=0))
        if np.abs(step).max() <= _TOLERANCE:
            break
        while likelihood(coefficients + step) < likelihood(coefficients) and np.abs(step).max() > _TOLERANCE:
            step /= 2
        coefficients = coefficients + step
    errors = _robust_errors(information, scores, groups)
    return [Coefficient(float(value), error) for value, error in zip(coefficients, errors, strict=True)]


def _robust_errors(
    information: NDArray[np.float64], scores: NDArray[np.float64], groups: NDArray[np.int64]
) -> list[float | None]:
    """Roots of the diagonal of the sandwich, its filling summed by group (Liang and Zeger 1986)."""
    images, coefficients = scores.shape
    _, group = np.unique(groups, return_inverse=True)
    n_groups = int(group.max()) + 1
    if n_groups < _LEAST_GROUPS or images <= coefficients:
        return [None] * coefficients
    by_group = np.stack([np.bincount(group, column) for column in scores.T], axis=1)
    bread = np.linalg.inv(information)
    correction = n_groups / (n_groups - 1) * (images - 1) / (images - coefficients)
    covariance = correction * bread @ (by_group.T @ by_group) @ bread
    return [float(error) for error in np.sqrt(np.diag(covariance))]
