"""The tangent distance: how much of one image is left when another may move a little.

P. Simard, Y. LeCun, J. Denker, "Efficient Pattern Recognition Using a New Transformation Distance", NIPS
1992.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from s3f_pipeline.splits.geometry import REGIONS, WHOLE, Region, directions, turned
from s3f_pipeline.splits.similarity import FLAT, WORST_SHARE
from s3f_pipeline.splits.views import VIEW_SIZE, pixel_views

CHUNK = 512
BLOCK = 4096
"""Images whose planes of movement are in memory at a time: 90 MB."""
MOVEMENTS = 7
MOVED = Region(0.95, 0, 0)
"""A crop that lies farther from the whole than any crop lies from the region nearest to it."""
LEAST_REST = 1e-3
INNER = VIEW_SIZE - 2
WINDOW, STEP = 7, 3
"""Pixels of a view: side of the windows that are compared, and the way from one to the next."""


def unexplained_ratios(thumbnails: np.ndarray, rows: np.ndarray, fits: pd.DataFrame) -> np.ndarray:
    """Compare what a part leaves unexplained of its whole with what it leaves of itself, moved.

    Left unexplained is the share of the variance of a view outside of the plane in which the other one moves.
    Images that are smooth all explain one another well, and their own crop best of all; images full of edges
    explain neither: so the two are divided.

    Args:
        thumbnails: uint8 of shape (n, T, T), may be memory-mapped.
        rows: Positions of the images that are looked at.
        fits: ``whole`` and ``part`` (places in ``rows``), ``region`` and ``orientation`` of the whole.

    Returns:
        float64 of shape (len(fits),), 0 and more; for equal images 0, for those that are as far from each
        other as the part from its own crop ``MOVED`` 1.
    """
    parts, place = np.unique(fits["part"].to_numpy(), return_inverse=True)
    own = pd.DataFrame({"whole": parts, "part": parts, "region": REGIONS.index(MOVED), "orientation": 0})
    rest = np.empty(len(fits) + len(own))
    for some, bases, views in _planes_and_views(thumbnails, rows, pd.concat([fits, own])):
        rest[some] = 1 - np.square(bases @ views[..., None]).sum(axis=(1, 2))
    return rest[: len(fits)] / np.maximum(rest[len(fits) :], LEAST_REST)[place]


def rough_similarities(thumbnails: np.ndarray, rows: np.ndarray, fits: pd.DataFrame) -> np.ndarray:
    """Similarity of the least similar regions of two images, as far as small movements bring them together.

    What ``local_similarity`` measures after an alignment, in views of few pixels: every window of the whole
    is compared with what the part explains of it, and the 5th percentile is returned. Views have no
    background, so that products stand for covariances.

    Args:
        thumbnails: As for ``unexplained_ratios``.
        rows: Likewise.
        fits: Likewise.

    Returns:
        float64 of shape (len(fits),), in [-1, 1]; 1 for equal images.
    """
    similarities = np.empty(len(fits))
    for some, bases, views in _planes_and_views(thumbnails, rows, fits):
        explained = (bases.swapaxes(1, 2) @ (bases @ views[..., None]))[..., 0]
        products = _window_means(2 * explained * views) + FLAT / INNER**2
        squares = _window_means(explained**2 + views**2) + FLAT / INNER**2
        worst = products.shape[1] * WORST_SHARE // 100
        similarities[some] = np.partition(products / squares, worst, axis=1)[:, worst]
    return similarities


def _planes_and_views(
    thumbnails: np.ndarray, rows: np.ndarray, fits: pd.DataFrame
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Some positions in ``fits``; for each the plane in which its part moves, and the view of its whole.

    A view of a whole is made once for all its partners in a block of parts.
    """
    whole_of, part_of, region_of, orientation_of = (
        fits[name].to_numpy() for name in ("whole", "part", "region", "orientation")
    )
    for first in range(0, len(rows), BLOCK):
        in_block = np.flatnonzero((part_of >= first) & (part_of < first + BLOCK))
        in_block = in_block[np.argsort(whole_of[in_block], kind="stable")]
        parts = np.unique(part_of[in_block])
        bases = np.empty((len(parts), MOVEMENTS, INNER**2), np.float32)
        for start in range(0, len(parts), CHUNK):
            chunk = slice(start, start + CHUNK)
            bases[chunk] = _tangent_bases(pixel_views(thumbnails[rows[parts[chunk]]], WHOLE))
        for number, region in enumerate(REGIONS):
            of_region = in_block[region_of[in_block] == number]
            for start in range(0, len(of_region), CHUNK):
                some = of_region[start : start + CHUNK]
                wholes, position = np.unique(whole_of[some], return_inverse=True)
                seen = directions(_inner(pixel_views(thumbnails[rows[wholes]], region)))
                seen = seen.reshape(-1, INNER, INNER)
                views = np.empty((len(some), INNER, INNER), np.float32)
                for orientation in np.unique(orientation_of[some]):
                    those = orientation_of[some] == orientation
                    views[those] = turned(seen[position[those]], orientation)
                yield some, bases[np.searchsorted(parts, part_of[some])], views.reshape(len(some), -1)


def _window_means(images: np.ndarray) -> np.ndarray:
    """Means over all windows of images (n, INNER**2), as rows (n, windows)."""
    starts = np.arange(0, INNER - WINDOW + 1, STEP)[:, None]
    places = np.arange(INNER)
    windows = ((places >= starts) & (places < starts + WINDOW)).astype(np.float32) / WINDOW
    means = windows @ images.reshape(-1, INNER, INNER) @ windows.T
    return means.reshape(len(images), -1)


def _inner(images: np.ndarray) -> np.ndarray:
    """Without the outermost pixels, whose gradients are one-sided."""
    return images[:, 1:-1, 1:-1]


def _tangent_bases(images: np.ndarray) -> np.ndarray:
    """Orthonormal bases, (n, MOVEMENTS, pixels), of the planes in which images move.

    They are spanned by the image itself (contrast) and its derivatives with respect to the six
    parameters of an affine map.
    """
    dy, dx = np.gradient(images, axis=(1, 2))
    size = images.shape[1]
    y, x = np.mgrid[-0.5 : 0.5 : size * 1j, -0.5 : 0.5 : size * 1j].astype(np.float32)
    movements = [_inner(m).reshape(len(m), -1) for m in (images, dx, dy, x * dx, y * dx, x * dy, y * dy)]
    spanning = np.stack(movements, axis=2)
    spanning -= spanning.mean(axis=1, keepdims=True)
    return np.linalg.qr(spanning).Q.transpose(0, 2, 1)
