"""Groups drawn with replacement: how test images of other patients might have come out."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_CHUNK = 2**20
"""Numbers drawn at once."""


def group_numbers(names: pd.Series) -> NDArray[np.int64]:
    """Number groups 0, 1, … in the order of their names, shape (n,); images without a group stand alone."""
    numbers, known = pd.factorize(names, sort=True)
    alone = numbers < 0
    numbers[alone] = len(known) + np.arange(alone.sum())
    return numbers.astype(np.int64)


def group_weights(
    labels: NDArray[np.int64], groups: NDArray[np.int64], *, replicates: int = 2000, seed: int = 0
) -> NDArray[np.int32]:
    """Draw as many groups as there are, with replacement, many times.

    Whole groups are drawn, since images of one patient or lesion are alike. They are drawn among those of the
    same rarest class, so that no class vanishes, and strata are not so small that nothing varies in them.

    Args:
        labels: Class numbers, shape (n,).
        groups: Number of each image's group, shape (n,), from 0 without gaps.
        replicates: How many times.
        seed: Of the draws. Networks that are compared on the same images take the same draws.

    Returns:
        How often each group is drawn, shape (replicates, groups).
    """
    return weights_with_itself(labels, groups, replicates=replicates, seed=seed)[1:]


def weights_with_itself(
    labels: NDArray[np.int64], groups: NDArray[np.int64], *, replicates: int = 2000, seed: int = 0
) -> NDArray[np.int32]:
    """A row of ones, the images as they are, before the rows of ``group_weights``; arguments as there."""
    rng = np.random.default_rng(seed)
    strata = group_strata(labels, groups)
    weights = np.ones((1 + replicates, strata.size), np.int32)
    for stratum in range(strata.max() + 1):
        among = np.flatnonzero(strata == stratum)
        rows = max(1, _CHUNK // among.size)
        for first in range(1, 1 + replicates, rows):
            drawn = weights[first : first + rows]
            drawn[:, among] = _draws(rng, len(drawn), among.size)
    return weights


def group_strata(labels: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number, from 0, of the class of each group that the fewest groups have images of, shape (groups,)."""
    has_class = np.zeros((groups.max() + 1, labels.max() + 1), bool)
    has_class[groups, labels] = True
    rarest = np.where(has_class, has_class.sum(axis=0), np.inf).argmin(axis=1)
    return np.unique(rarest, return_inverse=True)[1].astype(np.int64)


def _draws(rng: np.random.Generator, rows: int, size: int) -> NDArray[np.int64]:
    """How often each of ``size`` is drawn in ``size`` draws, shape (rows, size)."""
    cells = rng.integers(size, size=(rows, size)) + size * np.arange(rows)[:, None]
    return np.bincount(cells.ravel(), minlength=rows * size).reshape(rows, size)
