"""How large the vectors of branches are, as published (S3F-Net's notebooks): size, not use."""

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-6
"""In place of a denominator of 0, as in the notebooks."""


def l2_shares(vectors: list[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Share of each branch in the sum of the lengths of the vectors, in percent.

    ``100 ‖b‖ / Σ ‖·‖`` for each image.

    Args:
        vectors: Of each branch, shape (n, its features).

    Returns:
        Shape (n, branches).
    """
    return _percent([_lengths(each) for each in vectors])


def balanced_shares(vectors: list[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Balanced Contribution Score as a share in percent: that of root mean squares.

    ``BCS_b = √(‖b‖ · ‖b‖ / dim_b) = ‖b‖ / √dim_b``; arguments and result as of ``l2_shares``.
    """
    return _percent([_lengths(each) / np.sqrt(each.shape[1]) for each in vectors])


def _lengths(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.linalg.norm(np.asarray(vectors, np.float64), axis=1)


def _percent(sizes: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    stacked = np.stack(sizes, axis=1)
    total = stacked.sum(axis=1, keepdims=True)
    return 100 * stacked / np.where(total == 0, LEAST, total)
