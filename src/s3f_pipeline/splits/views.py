"""Small smooth views of thumbnails and of their regions, made by one matrix for each axis."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.fft import dct

from s3f_pipeline.splits.geometry import MARGIN, Region

VIEW_SIZE = 30
FINE, COARSE = 1.0, 3.0
"""Standard deviations, pixels of a view, of the blur that takes away noise, and of that which leaves the
background alone."""
FREQUENCIES = 8


def pixel_views(thumbnails: np.ndarray, region: Region) -> np.ndarray:
    """Shrink a region of thumbnails, without its margin, and leave what is neither noise nor background.

    Args:
        thumbnails: uint8 of shape (n, T, T).
        region: The part that is looked at.

    Returns:
        float32 of shape (n, VIEW_SIZE, VIEW_SIZE), in grey levels.
    """
    fine = _along_both_axes(thumbnails, [region], _blurring(FINE))[0]
    return fine - _blurring(COARSE) @ fine @ _blurring(COARSE).T


def frequency_views(thumbnails: np.ndarray, regions: Sequence[Region]) -> np.ndarray:
    """Cosine transforms of views, without what brightness and contrast change.

    Args:
        thumbnails: uint8 of shape (n, T, T).
        regions: The parts that are looked at; intervals that they share are transformed once.

    Returns:
        float32 of shape (len(regions), n, FREQUENCIES, FREQUENCIES), the lowest frequencies: the mean is 0,
        the length 1; all 0 for constant images.
    """
    frequencies = _along_both_axes(thumbnails, regions, _cosines())
    frequencies[..., 0, 0] = 0
    lengths = np.linalg.norm(frequencies, axis=(2, 3), keepdims=True)
    return np.divide(frequencies, lengths, out=np.zeros_like(frequencies), where=lengths > 1)


def regardless_of_orientation(frequencies: np.ndarray) -> np.ndarray:
    """Describe images so that all eight orientations of one have the same description.

    Absolute values do not change when an image is mirrored, their sums and absolute differences with the
    transposed ones do not when it is turned. No two images are farther apart by their descriptions than by
    their frequencies in the best orientation, so that a search misses none within its radius.

    Args:
        frequencies: float32 of shape (n, K, K).

    Returns:
        float32 of shape (n, K * K).
    """
    absolute = np.abs(frequencies)
    upper = np.triu_indices(frequencies.shape[-1], 1)
    one, other = absolute[:, *upper], absolute.swapaxes(1, 2)[:, *upper]
    diagonal = np.diagonal(absolute, axis1=1, axis2=2)
    parts = [diagonal, (one + other) / np.sqrt(2), np.abs(one - other) / np.sqrt(2)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32)


def _along_both_axes(thumbnails: np.ndarray, regions: Sequence[Region], transform: np.ndarray) -> np.ndarray:
    """Transform (K, VIEW_SIZE) the rows and columns of each region: (regions, n, K, K)."""
    length, size = len(transform), thumbnails.shape[-1]
    intervals = sorted({(start, region.scale) for region in regions for start in (region.top, region.left)})
    transforms = np.stack([transform @ _averaging(*interval, size) for interval in intervals])
    rows = transforms.reshape(-1, size) @ thumbnails.astype(np.float32)
    rows = rows.reshape(-1, len(intervals), length, size)
    return np.stack(
        [
            rows[:, intervals.index((region.top, region.scale))]
            @ transforms[intervals.index((region.left, region.scale))].T
            for region in regions
        ]
    )


@cache
def _averaging(start: float, length: float, size: int) -> np.ndarray:
    """Means of ``size`` pixels over VIEW_SIZE equal parts of an interval; (VIEW_SIZE, size)."""
    inner = np.linspace(start + MARGIN * length, start + (1 - MARGIN) * length, VIEW_SIZE + 1) * size
    covered = np.clip(inner[:, None] - np.arange(size), 0, 1)  # of each pixel, below each bound
    return (np.diff(covered, axis=0) * VIEW_SIZE / (inner[-1] - inner[0])).astype(np.float32)


@cache
def _blurring(deviation: float) -> np.ndarray:
    """Gaussian blur of a view along one axis; (VIEW_SIZE, VIEW_SIZE)."""
    places = np.arange(VIEW_SIZE)
    weights = np.exp(-0.5 * ((places[:, None] - places) / deviation) ** 2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


@cache
def _cosines() -> np.ndarray:
    """The lowest frequencies of the cosine transform of a view; (FREQUENCIES, VIEW_SIZE)."""
    return dct(np.eye(VIEW_SIZE, dtype=np.float32), axis=0, norm="ortho")[:FREQUENCIES]
