"""Temperature scaling: one number that makes all probabilities bolder or more cautious.

p^(1/T), made to sum to 1 again (Guo et al., ICML 2017). No prediction changes.
"""

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.replicates import PROBABILITY_BOUND

BOUNDS = (0.05, 20.0)
FOLDS = 5
_NOISE = 1e-12  # of the loss, by rounding


def scale(
    probabilities: NDArray[np.float64], temperature: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probabilities at a temperature, of the shape that was given.

    Args:
        probabilities: Of each class, shape (n, classes).
        temperature: One, above 0, or one for each image.
    """
    logits = _logits(probabilities) / np.broadcast_to(temperature, len(probabilities))[:, None]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """The temperature of least log loss, in [0.05, 20].

    The log loss is convex in 1/T. Where every image is predicted rightly the least is at the lower bound, and
    where the network knows nothing (all temperatures are equal) it is 1.

    Args:
        labels: Class numbers, shape (n,), n >= 1.
        probabilities: Of each class, shape (n, classes).
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    logits = _logits(probabilities)
    of_label = logits[np.arange(len(labels)), labels].mean()

    def loss(temperature: float) -> float:
        return float(logsumexp(logits / temperature, axis=1).mean() - of_label / temperature)

    low, high = BOUNDS
    inside = minimize_scalar(
        lambda log: loss(np.exp(log)), bounds=np.log(BOUNDS), method="bounded", options={"xatol": 1e-8}
    )
    best = min((low, high, float(np.exp(inside.x))), key=loss)
    return best if loss(best) < loss(1.0) - _NOISE else 1.0


def cross_fitted(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    groups: NDArray[np.int64],
    *,
    folds: int = FOLDS,
    seed: int = 0,
) -> NDArray[np.float64] | None:
    """Probabilities at a temperature fitted on the images of other groups.

    Args:
        labels: Class numbers, shape (n,).
        probabilities: Of each class, shape (n, classes).
        groups: Number of each image's group, shape (n,).
        folds: Into how many parts the groups are cut at most.
        seed: Of the cut.

    Returns:
        Of the shape of ``probabilities``; ``None`` where all images are of one group.
    """
    names, group = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return None
    fold = np.random.default_rng(seed).permutation(len(names))[group] % min(folds, len(names))
    temperatures = np.ones(len(labels))
    for number in range(fold.max() + 1):
        inside = fold == number
        temperatures[inside] = fit_temperature(labels[~inside], probabilities[~inside])
    return scale(probabilities, temperatures)


def _logits(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.maximum(probabilities, PROBABILITY_BOUND))
