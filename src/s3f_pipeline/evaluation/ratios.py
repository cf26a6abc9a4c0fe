"""Figures that are a ratio of sums over images, under many weightings of the groups."""

import numpy as np
from numpy.typing import NDArray


def ratios(
    numerators: NDArray[np.float64],
    denominators: NDArray[np.float64],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Sum of the numerators over sum of the denominators, under each row of weights.

    Args:
        numerators: Of each image, shape (n, figures).
        denominators: Of each image, shape (n, figures).
        groups: Number of each image's group, shape (n,), from 0 without gaps.
        weights: How often each group counts, shape (replicates, groups); a row of ones gives the figures.

    Returns:
        Shape (replicates, figures); NaN where the denominators sum to 0.
    """
    above = weights @ group_sums(numerators, groups)
    below = weights @ group_sums(denominators, groups)
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def group_sums(values: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum of each column over the images of each group, shape (groups, columns)."""
    return np.stack([np.bincount(groups, column) for column in values.T], axis=1)
