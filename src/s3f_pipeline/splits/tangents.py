"""The tangent distance: how much of one image is left when another may move a little.

P. Simard, Y. LeCun, J. Denker, "Efficient Pattern Recognition Using a New Transformation Distance", NIPS
1992.
"""

import numpy as np
import pandas as pd

from s3f_pipeline.splits.geometry import REGIONS, WHOLE, Region, directions, turned
from s3f_pipeline.splits.views import VIEW_SIZE, pixel_views

CHUNK = 512
MOVEMENTS = 7
MOVED = Region(0.95, 0, 0)
"""A crop that lies farther from the whole than any crop lies from the region nearest to it."""
LEAST_REST = 1e-3


def unexplained_ratios(thumbnails: np.ndarray, rows: np.ndarray, fits: pd.DataFrame) -> np.ndarray:
    """Compare what a part leaves unexplained of its whole with what it leaves of itself, moved.

    Left unexplained is the share of the variance of a view outside of the plane in which the other one moves.
    Images that are smooth all explain one another well, and their own crop best of all; images full of edges
    explain neither: so the two are divided. A view of a whole is made once for all its partners.

    Args:
        thumbnails: uint8 of shape (n, T, T), may be memory-mapped.
        rows: Positions of the images that are looked at.
        fits: ``whole`` and ``part`` (places in ``rows``), ``region`` and ``orientation`` of the whole.

    Returns:
        float64 of shape (len(fits),), 0 and more; for equal images 0, for those that are as far from each
        other as the part from its own crop ``MOVED`` 1.
    """
    parts, place = np.unique(fits["part"].to_numpy(), return_inverse=True)
    whole_of, orientation_of = fits["whole"].to_numpy(), fits["orientation"].to_numpy()
    bases = np.empty((len(parts), MOVEMENTS, (VIEW_SIZE - 2) ** 2), np.float32)
    own = np.empty(len(parts))
    for start in range(0, len(parts), CHUNK):
        block = slice(start, start + CHUNK)
        images = thumbnails[rows[parts[block]]]
        bases[block] = _tangent_bases(pixel_views(images, WHOLE))
        own[block] = _rest(bases[block], directions(_inner(pixel_views(images, MOVED))))
    rest = np.empty(len(fits))
    for number, region in enumerate(REGIONS):
        of_region = np.flatnonzero(fits["region"].to_numpy() == number)
        of_region = of_region[np.argsort(whole_of[of_region], kind="stable")]
        for start in range(0, len(of_region), CHUNK):
            some = of_region[start : start + CHUNK]
            wholes, position = np.unique(whole_of[some], return_inverse=True)
            views = pixel_views(thumbnails[rows[wholes]], region)
            parts = np.empty((len(some), bases.shape[2]), np.float32)
            for orientation in np.unique(orientation_of[some]):
                those = orientation_of[some] == orientation
                parts[those] = directions(_inner(turned(views, orientation)))[position[those]]
            rest[some] = _rest(bases[place[some]], parts)
    return rest / np.maximum(own[place], LEAST_REST)


def _rest(bases: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Share of the variance of each image, a vector of length 1, outside of the plane of its basis."""
    return 1 - np.square(bases @ images[..., None]).sum(axis=(1, 2))


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
