"""Radial frequency of a spectrum, in cycles per image.

A frequency of (k, l) has k cycles from the upper to the lower edge and l from the left to the right one, and
the radial frequency √(k² + l²). The same picture has the same frequencies at any resolution. Where images
are not square, a cycle per image is longer along the longer side.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def radial_frequency(height: int, width: int) -> Floats:
    """Radial frequency of each coefficient of a half spectrum, shape (height, width // 2 + 1)."""
    rows = np.fft.fftfreq(height, 1 / height)[:, None]
    columns = np.fft.rfftfreq(width, 1 / width)[None, :]
    return np.asarray(np.hypot(rows, columns))


def octaves(height: int, width: int) -> list[float]:
    """Powers of two from 2 to below the highest radial frequency of an image."""
    highest = radial_frequency(height, width).max()
    return [float(2**power) for power in range(1, 32) if 2**power < highest]


def radial_profile(spectra: NDArray[np.floating], width: int) -> Floats:
    """Mean over the rings of a half spectrum, ring k from k - ½ to below k + ½ cycles per image.

    Columns other than the first, and for an even width the last one, stand for two of the whole spectrum.

    Args:
        spectra: Magnitudes, shape (..., height, width // 2 + 1).
        width: Of the image.

    Returns:
        Shape (..., rings), from ring 0 to that of the shorter side's Nyquist frequency, the last whole one.
    """
    height = spectra.shape[-2]
    rings = np.floor(radial_frequency(height, width) + 0.5).astype(np.int64)
    counted = np.full(rings.shape, 2.0)
    counted[:, 0] = 1
    if width % 2 == 0:
        counted[:, -1] = 1
    last = min(height, width) // 2
    kept = rings <= last
    totals = np.bincount(rings[kept], counted[kept])
    flat = np.reshape(np.asarray(spectra, np.float64) * counted, (-1, *rings.shape))
    sums = np.stack([np.bincount(rings[kept], each[kept]) for each in flat])
    return np.reshape(sums / totals, (*spectra.shape[:-2], last + 1))
