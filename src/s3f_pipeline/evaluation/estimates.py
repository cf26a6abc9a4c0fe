"""Figures with their intervals, ready for JSON."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_GROUPS = 30
FLAG = "too few for this interval"


def estimates(replicates: Mapping[str, NDArray[np.float64]], groups: NDArray[np.int64]) -> dict[str, Any]:
    """State figures and intervals.

    Args:
        replicates: Each figure, shape (1 + replicates,): first of the images themselves, then under the
            weights that were drawn; NaN where it does not exist.
        groups: Group of each image that the figures are about, shape (n,).

    Returns:
        Each figure, ``None`` where it does not exist, and ``intervals`` {figure: ``low``, ``high``,
        ``flag``} of those that do.
    """
    flag = FLAG if len(np.unique(groups)) < LEAST_GROUPS else None
    stated: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    for name, values in replicates.items():
        exists = np.isfinite(values[0])
        stated[name] = float(values[0]) if exists else None
        if exists:
            low, high = np.nanpercentile(values[1:], (2.5, 97.5))
            intervals[name] = {"low": float(low), "high": float(high), "flag": flag}
    return {**stated, "intervals": intervals}
