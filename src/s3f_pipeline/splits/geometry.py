"""In what ways one image can be a copy of another: turned, mirrored, or cropped.

An orientation is a number from 0 to 7: that of quarter turns (counterclockwise), after mirroring left and
right where it is 4 or more. A region is a square part of an image that a crop may have kept.
"""

from typing import NamedTuple

import numpy as np

ORIENTATIONS = 8
RELATIONS = ("same", *("rotated",) * 3, *("mirrored",) * 4)
"""What each orientation makes of an image."""
MARGIN = 1 / 32
"""Share of a region, at each side, where shifts and crops leave their marks."""


class Region(NamedTuple):
    """A part of an image, in shares of its sides: all lie in [0, 1]."""

    scale: float
    left: float
    top: float


WHOLE = Region(1, 0, 0)
REGIONS = (
    WHOLE,
    Region(0.95, 0.025, 0.025),
    *(Region(0.95, left, top) for left in (0, 0.05) for top in (0, 0.05)),
    *(Region(0.9, left, top) for left in (0, 0.05, 0.1) for top in (0, 0.05, 0.1)),
)
"""Where a crop of 90 to 100 % of the side may lie; its sides are at most 0.04 from those of one of these."""


def turned(images: np.ndarray, orientation: int) -> np.ndarray:
    """Turn images of shape (..., S, S)."""
    mirrored = images[..., ::-1] if orientation >= 4 else images
    return np.rot90(mirrored, orientation % 4, axes=(-2, -1))


def turned_frequencies(frequencies: np.ndarray, orientation: int) -> np.ndarray:
    """Turn images given by their cosine transforms of shape (..., K, K).

    Mirroring changes the sign of the odd frequencies of one axis; a quarter turn is a transposition and a
    mirroring.
    """
    signs = (-1.0) ** np.arange(frequencies.shape[-1], dtype=np.float32)
    result = frequencies * signs if orientation >= 4 else frequencies
    for _ in range(orientation % 4):
        result = result.swapaxes(-2, -1) * signs[:, None]
    return result


def directions(images: np.ndarray) -> np.ndarray:
    """Images (n, ...) as float32 vectors (n, pixels) of mean 0 and length 1; constant images become 0."""
    vectors = images.reshape(len(images), -1).astype(np.float32)
    vectors -= vectors.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-3)


def to_region(region: Region, size: int) -> np.ndarray:
    """Affine map (2, 3), in pixels of a square of ``size``, from the whole of it to a region."""
    offsets = [start * size + (region.scale - 1) / 2 for start in (region.left, region.top)]
    return np.array([[region.scale, 0, offsets[0]], [0, region.scale, offsets[1]]], np.float32)
