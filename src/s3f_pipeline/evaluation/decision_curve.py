"""Decision curve: is it worth acting on the network at all (Vickers and Elkin, Med Decis Making 2006)?

Whoever acts from a probability of t on holds a false alarm for t / (1 - t) times as bad as a hit is good. Net
benefit counts hits less false alarms at that rate, per patient, at the prevalence where the network is used.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from s3f_pipeline.evaluation.recalibration import logit


def odds(probability: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """p / (1 - p), of probabilities in [0, 1)."""
    return probability / (1 - probability)


def at_prevalence(
    probabilities: NDArray[np.float64], *, found: float, prevalence: float
) -> NDArray[np.float64]:
    """Probabilities of the positive class where it has another prevalence: all odds times one factor.

    Right where images within each class are alike in both places.

    Args:
        probabilities: Calibrated, of the positive class, shape (n,).
        found: Share of positives where they were calibrated, inside (0, 1).
        prevalence: Share of positives where they are used, inside (0, 1).
    """
    return np.asarray(expit(logit(probabilities) + np.log(odds(prevalence) / odds(found))))


def net_benefit(
    sensitivity: NDArray[np.float64],
    specificity: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    prevalence: float,
) -> NDArray[np.float64]:
    """Net benefit per patient, at most the prevalence: π · sensitivity - (1 - π) · (1 - specificity) · odds(t).

    Args:
        sensitivity: Share of positives that are called so from each threshold on, shape (…, thresholds).
        specificity: Share of negatives that are not, of that shape.
        thresholds: Inside (0, 1), shape (thresholds,).
        prevalence: π, inside (0, 1).
    """
    false_alarms = (1 - prevalence) * (1 - specificity) * odds(thresholds)
    return np.asarray(prevalence * sensitivity - false_alarms)


def benefit_of_all(thresholds: NDArray[np.float64], prevalence: float) -> NDArray[np.float64]:
    """Net benefit of calling every image positive; that of calling none is 0."""
    ones = np.ones_like(thresholds)
    return net_benefit(ones, 0 * ones, thresholds, prevalence)
