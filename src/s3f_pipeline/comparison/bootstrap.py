"""Bootstraps of a difference: over groups with the runs as they are, and over runs and groups."""

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.comparison.replicated import Replicated


def percentile_interval(differences: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Percentile interval of resampled differences, shape (replicates,)."""
    tail = 50 * (1 - confidence)
    low, high = np.percentile(differences, [tail, 100 - tail])
    return float(low), float(high)


def bootstrap_p(differences: NDArray[np.float64]) -> float:
    """Two-sided p of no difference: twice the rarer sign among resampled differences, plus one, at most 1."""
    replicates = len(differences)
    below, above = (int(np.count_nonzero(side)) for side in (differences <= 0, differences >= 0))
    return min(1.0, 2 * min(1 + below, 1 + above) / (replicates + 1))


def two_level(network: Replicated, name: str, seed: int) -> NDArray[np.float64]:
    """Mean figure of a network under resampled groups and resampled runs.

    Each network draws its runs by itself, whichever others are looked at; the groups are the same for all.

    Args:
        network: Its runs.
        name: Of the network.
        seed: Of the drawing.

    Returns:
        Shape (replicates,). Differences of two networks are differences of two such arrays.
    """
    runs, replicates = network.replicates.shape
    generator = np.random.default_rng([seed, *name.encode()])
    drawn = generator.integers(runs, size=(runs, replicates))
    return np.take_along_axis(network.replicates, drawn, axis=0).mean(axis=0)
