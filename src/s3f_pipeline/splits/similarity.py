"""Are two thumbnails the same picture? Decided on pixels, after aligning one to the other."""

from functools import cache
from math import isnan
from operator import attrgetter
from typing import NamedTuple

import cv2
import numpy as np

from s3f_pipeline.images.thumbnails import inner
from s3f_pipeline.splits.geometry import WHOLE, Region, to_region

UNALIGNED = -1.0
CLEARLY = 0.2  # at a quarter of the size, and at half of it
LEAST_CORRELATION = 0.8  # after alignment; that of twins is higher, captions and clipped pixels included
ALIGNMENT_BLUR = 3  # width of the Gaussian kernel, pixels
STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 3e-3)
BLUR = 1.0  # standard deviation, pixels: JPEG noise goes, anatomy stays
WINDOWS = 8  # side by side
FLAT = 0.05  # local variance, as a share of the image's, below which a window is taken for flat
WORST_SHARE = 5  # percent of the windows that may differ more: a caption, a caliper mark
SATURATED = 2  # grey levels from black or white
LEAST_OVERLAP = 0.2  # share of the pixels


def local_similarity(
    first: np.ndarray,
    second: np.ndarray,
    region: Region = WHOLE,
    *,
    least: float = -1,
    doubtful: bool = False,
) -> float:
    """Similarity of the least similar regions of two images.

    ``second`` is aligned to ``first`` by an affine map that begins at ``region`` and maximises the enhanced
    correlation coefficient (G. Evangelidis, E. Psarakis, IEEE TPAMI 30(10), 2008), from coarse to fine:
    at half the size, then at full size.
    Brightness and contrast are normalised over the pixels they share, without those that only one of the
    two clips to black or white. Every window then gets a structural similarity in [-1, 1],
    ``(2 cov + c) / (var_1 + var_2 + c)``, and the 5th percentile over all windows is returned: two
    slices of one head, or two chests, agree in most windows but not in all.

    Args:
        first: uint8 of shape (S, S), S being a multiple of 4.
        second: Likewise.
        region: The part of ``second`` that ``first`` may show.
        least: Where the similarity in a smaller size is clearly below, it is returned, and nobody looks
            closer.
        doubtful: Whether to look at a quarter of the size first, where the search for an alignment of smooth
            images often goes astray: for pairs that are hardly twins (``rough_similarities``).

    Returns:
        In [-1, 1]; 1 for equal images, -1 if the two cannot be aligned.
    """
    first, second = first.astype(np.float32), second.astype(np.float32)
    halves = _halved(first, second)
    if doubtful:
        quarters = _halved(*halves)
        warp = _search(*quarters, _start(region, len(first) // 4))
        similarity = least if warp is None else _similarity_of_aligned(*quarters, warp)
        if similarity < least - CLEARLY:
            return similarity
    rough = _align_halves(*halves, region)
    if rough.correlation < LEAST_CORRELATION:
        return UNALIGNED
    similarity = _similarity_of_aligned(*halves, rough.warp)
    if similarity < least - CLEARLY:
        return similarity
    found = _align(first, second, _doubled(rough.warp))
    if found.correlation < LEAST_CORRELATION:
        return UNALIGNED
    return _similarity_of_aligned(first, second, found.warp)


class _Alignment(NamedTuple):
    """Affine map (2, 3) from the inner part of one image to another one, and how well they correlate then."""

    correlation: float
    warp: np.ndarray


def _halved(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = (len(first) // 2, len(first) // 2)
    return tuple(cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (first, second))


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
    smooth = [_standardise(image, shared) for image in (inner(_blur(first)), _warp(_blur(second), warp))]
    if smooth[0] is None or smooth[1] is None:
        return UNALIGNED
    similarities = _window_similarities(smooth[0], smooth[1], shared, len(first) // WINDOWS)
    worst = similarities.size * WORST_SHARE // 100
    return float(np.partition(similarities, worst)[worst]) if similarities.size else UNALIGNED


def _align_halves(first: np.ndarray, second: np.ndarray, region: Region) -> _Alignment:
    """Align from a region; where that leads nowhere, from half the size again, and from a translation."""
    start = _start(region, len(first))
    found = _align(first, second, start)
    if found.warp is not start and found.correlation >= LEAST_CORRELATION:
        return found
    smaller = _align(*_halved(first, second), _start(region, len(first) // 2))
    shifted = _align(first, second, start, cv2.MOTION_TRANSLATION)
    others = (_align(first, second, warp) for warp in (_doubled(smaller.warp), shifted.warp))
    return max(found, *others, key=attrgetter("correlation"))


def _align(
    first: np.ndarray, second: np.ndarray, start: np.ndarray, motion: int = cv2.MOTION_AFFINE
) -> _Alignment:
    """Search from a map. On smooth images that may end farther away than it began: then the start stays."""
    found = _search(first, second, start, motion)
    warps = [start] if found is None else [start, found]
    alignments = (_Alignment(_correlation(first, second, warp), warp) for warp in warps)
    return max(alignments, key=attrgetter("correlation"))


def _search(
    first: np.ndarray, second: np.ndarray, start: np.ndarray, motion: int = cv2.MOTION_AFFINE
) -> np.ndarray | None:
    """Where the search for an alignment ends; None where the two do not correlate, or overlap no more."""
    try:
        _, found = cv2.findTransformECC(
            inner(first), second, start.copy(), motion, STOP, _inner_mask(len(first)), ALIGNMENT_BLUR
        )
    except cv2.error:
        return None
    return np.asarray(found)


def _correlation(first: np.ndarray, second: np.ndarray, warp: np.ndarray) -> float:
    """Enhanced correlation coefficient over the pixels that two images share; 0 if there is none."""
    shared = _warp(_inner_mask(len(first)), warp) == 255
    coefficient = cv2.computeECC(inner(first), _warp(second, warp), shared.view(np.uint8))
    return 0.0 if isnan(coefficient) else coefficient


@cache
def _start(region: Region, size: int) -> np.ndarray:
    """Map from the inner part of an image of ``size`` to a region of another one."""
    warp = to_region(region, size)
    warp[:, 2] += round(size / 32) * warp[:, :2].sum(axis=1)
    return warp


@cache
def _inner_mask(size: int) -> np.ndarray:
    mask = np.zeros((size, size), np.uint8)
    inner(mask)[:] = 255
    return mask


def _warp(image: np.ndarray, warp: np.ndarray) -> np.ndarray:
    """What of ``image`` lies at the inner part of the other."""
    size = inner(image).shape[::-1]
    return cv2.warpAffine(image, warp, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def _blur(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), BLUR)


def _standardise(image: np.ndarray, where: np.ndarray) -> np.ndarray | None:
    """Mean 0 and variance 1 over the pixels ``where``, 0 elsewhere; None if all are much the same."""
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(image, mask=where.view(np.uint8)))
    return None if deviation < 1 else (image - np.float32(mean)) * (where / np.float32(deviation))


def _window_similarities(first: np.ndarray, second: np.ndarray, where: np.ndarray, window: int) -> np.ndarray:
    """Structural similarity of every window of which at least half lies in ``where``."""

    def window_mean(values: np.ndarray) -> np.ndarray:
        return cv2.blur(values, (window, window), borderType=cv2.BORDER_CONSTANT) / weights

    weights = cv2.blur(where.astype(np.float32), (window, window), borderType=cv2.BORDER_CONSTANT)
    enough = weights > 0.5
    weights[~enough] = 1
    mean_1, mean_2 = window_mean(first), window_mean(second)
    variances = window_mean(first * first + second * second) - mean_1 * mean_1 - mean_2 * mean_2
    covariances = window_mean(first * second) - mean_1 * mean_2
    return ((2 * covariances + FLAT) / (variances + FLAT))[enough]
