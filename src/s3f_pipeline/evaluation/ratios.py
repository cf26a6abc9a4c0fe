"""Sums over images and their ratios, under many weightings of the groups."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_CHUNK = 2**22
"""Weights in memory at once."""


def ratios(
    numerators: NDArray[np.float64],
    denominators: NDArray[np.float64],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Sum of the numerators over sum of the denominators, under each row of weights.

    Args:
        numerators: Of each image, shape (n, figures).
        denominators: Of each image, shape (n, figures), or (n, 1) where all figures have the same.
        groups: Number of each image's group, shape (n,), from 0 without gaps.
        weights: How often each group counts, shape (replicates, groups); a row of ones gives the figures.

    Returns:
        Shape (replicates, figures); NaN where the denominators sum to 0.
    """
    sums = weighted_sums(np.concatenate([numerators, denominators], axis=1), groups, weights)
    above, below = np.split(sums, [numerators.shape[1]], axis=1)
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def weighted_sums(
    values: NDArray[np.float64], groups: NDArray[np.int64], weights: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Sums of columns over images under each row of weights, shape (replicates, columns).

    Args:
        values: Shape (n, columns).
        groups: As ``ratios``.
        weights: As ``ratios``.
    """
    by_group = np.stack([np.bincount(groups, column) for column in values.T], axis=1)
    sums = np.zeros((len(weights), values.shape[1]))
    step = max(1, _CHUNK // len(weights))
    for first in range(0, len(by_group), step):
        block = slice(first, first + step)
        sums += weights[:, block].astype(np.float64) @ by_group[block]
    return sums


def cell_sums(
    cells: NDArray[np.int64],
    values: NDArray[np.float64],
    groups: NDArray[np.int64],
    weights: NDArray[np.int32],
    *,
    n_cells: int = 1,
) -> NDArray[np.float64]:
    """Sums of values by cell, such as a bin, under each row of weights, shape (replicates, ``n_cells``).

    Args:
        cells: Numbers of the cells that each image adds to, below ``n_cells``, shape (n, parts).
        values: What it adds to each of them, shape (n, parts).
        groups: As ``ratios``.
        weights: As ``ratios``.
        n_cells: How many cells there are.
    """
    rows_of = np.repeat(groups, cells.shape[1])
    by_group = csr_array((values.ravel(), (rows_of, cells.ravel())), shape=(weights.shape[1], n_cells))
    rows = max(1, _CHUNK // weights.shape[1])
    return np.concatenate(
        [weights[first : first + rows] @ by_group for first in range(0, len(weights), rows)]
    )
