"""Are two thumbnails the same picture? Decided on pixels, after aligning one to the other."""

from typing import Literal

import cv2
import numpy as np

from s3f_pipeline.images.thumbnails import inner
from s3f_pipeline.splits.geometry import WHOLE, Region, to_region

UNALIGNED = -1.0
CLEARLY = 0.4  # at half the size
LEAST_CORRELATION = 0.8  # after alignment; that of twins is higher, captions and clipped pixels included
ALIGNMENT_BLUR = 3  # width of the Gaussian kernel, pixels
STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-3)
BLUR = 1.0  # standard deviation, pixels: JPEG noise goes, anatomy stays
WINDOWS = 8  # side by side
FLAT = 0.05  # local variance, as a share of the image's, below which a window is taken for flat
WORST_SHARE = 5  # percent of the windows that may differ more: a caption, a caliper mark
SATURATED = 2  # grey levels from black or white
LEAST_OVERLAP = 0.2  # share of the pixels


def local_similarity(
    first: np.ndarray, second: np.ndarray, region: Region = WHOLE, *, least: float = -1
) -> float:
    """Similarity of the least similar regions of two images.

    ``second`` is aligned to ``first`` by an affine map that begins at ``region`` and maximises the enhanced
    correlation coefficient (G. Evangelidis, E. Psarakis, IEEE TPAMI 30(10), 2008), from coarse to fine.
    Brightness and contrast are normalised over the pixels they share, without those that only one of the
    two clips to black or white. Every window then gets a structural similarity in [-1, 1],
    ``(2 cov + c) / (var_1 + var_2 + c)``, and the 5th percentile over all windows is returned: two
    slices of one head, or two chests, agree in most windows but not in all.

    Args:
        first: uint8 of shape (S, S), S being a multiple of 4.
        second: Likewise.
        region: The part of ``second`` that ``first`` may show.
        least: Where the similarity at half the size is clearly below, it is returned, and nobody looks
            closer.

    Returns:
        In [-1, 1]; 1 for equal images, -1 if the two cannot be aligned.
    """
    size = len(first)
    quarters, halves = (_shrunk(first, second, size // part) for part in (4, 2))
    rough = _align(*quarters, to_region(region, size // 4))
    warp = _align(*halves, to_region(region, size // 2) if rough is None else _doubled(rough))
    if warp is None:
        return UNALIGNED
    similarity = _similarity_of_aligned(*halves, warp)
    if similarity < least - CLEARLY:
        return similarity
    warp = _align(first, second, _doubled(warp))
    return UNALIGNED if warp is None else _similarity_of_aligned(first, second, warp)


def _shrunk(first: np.ndarray, second: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    small = (cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA) for image in (first, second))
    return tuple(small)


def _doubled(warp: np.ndarray) -> np.ndarray:
    """The same affine map between images of twice the size."""
    shift = 2 * warp[:, 2] + 0.5 * (1 - warp[:, :2].sum(axis=1))
    return np.column_stack([warp[:, :2], shift]).astype(np.float32)


def _similarity_of_aligned(first: np.ndarray, second: np.ndarray, warp: np.ndarray) -> float:
    reference, moved = inner(first), _warp(second, warp)
    shared = _warp(_inner_mask(len(first)), warp) == 255
    shared &= (reference <= SATURATED) == (moved <= SATURATED)
    shared &= (reference >= 255 - SATURATED) == (moved >= 255 - SATURATED)
    if shared.mean() < LEAST_OVERLAP:
        return UNALIGNED
    smooth_reference, smooth_moved = inner(_blur(first)), _warp(_blur(second), warp)
    if min(smooth_reference[shared].std(), smooth_moved[shared].std()) < 1:
        return UNALIGNED
    similarities = _window_similarities(
        _standardise(smooth_reference, shared),
        _standardise(smooth_moved, shared),
        shared,
        len(first) // WINDOWS,
    )
    return float(np.percentile(similarities, WORST_SHARE)) if similarities.size else UNALIGNED


def _align(first: np.ndarray, second: np.ndarray, start: np.ndarray) -> np.ndarray | None:
    """Affine map (2, 3) from ``first`` to ``second``, None if there is none."""
    try:
        correlation, warp = cv2.findTransformECC(
            inner(first),
            second,
            _from_inner(start, len(first), 1),
            cv2.MOTION_AFFINE,
            STOP,
            _inner_mask(len(first)),
            ALIGNMENT_BLUR,
        )
    except cv2.error:  # raised where the two do not correlate, or do not overlap any more
        return None
    return _from_inner(warp, len(first), -1) if correlation >= LEAST_CORRELATION else None


def _from_inner(warp: np.ndarray, size: int, direction: Literal[1, -1]) -> np.ndarray:
    """Make a map from the whole of an image one from its inner part, or the other way round."""
    moved = warp.copy()
    moved[:, 2] += direction * round(size / 32) * warp[:, :2].sum(axis=1)
    return moved


def _inner_mask(size: int) -> np.ndarray:
    mask = np.zeros((size, size), np.uint8)
    inner(mask)[:] = 255
    return mask


def _warp(image: np.ndarray, warp: np.ndarray) -> np.ndarray:
    """What of ``image`` lies at the inner part of the other."""
    size = inner(image).shape[::-1]
    warp = _from_inner(warp, len(image), 1)
    return cv2.warpAffine(image, warp, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def _blur(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), BLUR)


def _standardise(image: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Mean 0 and variance 1 over the pixels ``where``, 0 elsewhere."""
    values = image[where]
    return np.where(where, (image - values.mean()) / values.std(), 0).astype(np.float32)


def _window_similarities(first: np.ndarray, second: np.ndarray, where: np.ndarray, window: int) -> np.ndarray:
    """Structural similarity of every window of which at least half lies in ``where``."""

    def window_mean(values: np.ndarray) -> np.ndarray:
        sums = cv2.blur(values, (window, window), borderType=cv2.BORDER_CONSTANT)
        return sums[enough] / weights[enough]

    weights = cv2.blur(where.astype(np.float32), (window, window), borderType=cv2.BORDER_CONSTANT)
    enough = weights > 0.5
    mean_1, mean_2 = window_mean(first), window_mean(second)
    variance_1 = window_mean(first * first) - mean_1**2
    variance_2 = window_mean(second * second) - mean_2**2
    covariance = window_mean(first * second) - mean_1 * mean_2
    return (2 * covariance + FLAT) / (variance_1 + variance_2 + FLAT)
