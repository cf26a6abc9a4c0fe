"""Are two thumbnails the same picture? Decided on pixels, after aligning one to the other."""

import cv2
import numpy as np

from s3f_pipeline.images.thumbnails import THUMBNAIL_SIZE, inner

UNALIGNED = -1.0
ALIGNMENT_BLUR = 3  # width of the Gaussian kernel, pixels
STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-3)
BLUR = 1.0  # standard deviation, pixels: JPEG noise goes, anatomy stays
WINDOW = THUMBNAIL_SIZE // 8
FLAT = 0.05  # local variance, as a share of the image's, below which a window is taken for flat
WORST_SHARE = 5  # percent of the windows that may differ more: a caption, a caliper mark
SATURATED = 2  # grey levels from black or white
LEAST_OVERLAP = 0.2  # share of the pixels


def local_similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Similarity of the least similar regions of two images.

    ``second`` is aligned to ``first`` by an affine map that maximises the enhanced correlation
    coefficient (G. Evangelidis, E. Psarakis, IEEE TPAMI 30(10), 2008). Brightness and contrast are
    normalised over the pixels they share, without those that only one of the two clips to black or
    white. Every window then gets a structural similarity in [-1, 1],
    ``(2 cov + c) / (var_1 + var_2 + c)``, and the 5th percentile over all windows is returned: two
    slices of one head, or two chests, agree in most windows but not in all.

    Args:
        first: uint8 of shape (THUMBNAIL_SIZE, THUMBNAIL_SIZE).
        second: Likewise.

    Returns:
        In [-1, 1]; 1 for equal images, -1 if the two cannot be aligned.
    """
    warp = _align(first, second)
    if warp is None:
        return UNALIGNED
    reference, moved = inner(first), _warp(second, warp)
    shared = _warp(_inner_mask(), warp) == 255
    shared &= (reference <= SATURATED) == (moved <= SATURATED)
    shared &= (reference >= 255 - SATURATED) == (moved >= 255 - SATURATED)
    if shared.mean() < LEAST_OVERLAP:
        return UNALIGNED
    smooth_reference, smooth_moved = inner(_blur(first)), _warp(_blur(second), warp)
    if min(smooth_reference[shared].std(), smooth_moved[shared].std()) < 1:
        return UNALIGNED
    similarities = _window_similarities(
        _standardise(smooth_reference, shared), _standardise(smooth_moved, shared), shared
    )
    return float(np.percentile(similarities, WORST_SHARE)) if similarities.size else UNALIGNED


def _align(first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    """Affine map (2, 3) from the inner part of ``first`` to ``second``, None if there is none."""
    reference = inner(first)
    margin = (THUMBNAIL_SIZE - len(reference)) // 2
    identity = np.array([[1, 0, margin], [0, 1, margin]], np.float32)
    try:
        _, warp = cv2.findTransformECC(
            reference, second, identity, cv2.MOTION_AFFINE, STOP, _inner_mask(), ALIGNMENT_BLUR
        )
    except cv2.error:  # raised where the two do not correlate, or do not overlap any more
        return None
    return warp


def _inner_mask() -> np.ndarray:
    mask = np.zeros((THUMBNAIL_SIZE, THUMBNAIL_SIZE), np.uint8)
    inner(mask)[:] = 255
    return mask


def _warp(image: np.ndarray, warp: np.ndarray) -> np.ndarray:
    size = inner(image).shape[::-1]
    return cv2.warpAffine(image, warp, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def _blur(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), BLUR)


def _standardise(image: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Mean 0 and variance 1 over the pixels ``where``, 0 elsewhere."""
    values = image[where]
    return np.where(where, (image - values.mean()) / values.std(), 0).astype(np.float32)


def _window_similarities(first: np.ndarray, second: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Structural similarity of every window of which at least half lies in ``where``."""

    def window_mean(values: np.ndarray) -> np.ndarray:
        sums = cv2.blur(values, (WINDOW, WINDOW), borderType=cv2.BORDER_CONSTANT)
        return sums[enough] / weights[enough]

    weights = cv2.blur(where.astype(np.float32), (WINDOW, WINDOW), borderType=cv2.BORDER_CONSTANT)
    enough = weights > 0.5
    mean_1, mean_2 = window_mean(first), window_mean(second)
    variance_1 = window_mean(first * first) - mean_1**2
    variance_2 = window_mean(second * second) - mean_2**2
    covariance = window_mean(first * second) - mean_1 * mean_2
    return (2 * covariance + FLAT) / (variance_1 + variance_2 + FLAT)
