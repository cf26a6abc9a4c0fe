"""From values of any depth to 256 grey levels, and what is lost on the way."""

import math
from collections.abc import Callable

import numpy as np

from s3f_pipeline.errors import ImageError

Window = tuple[float, float]
"""Values that become black and white."""
FEW = 32
"""Grey levels at or below which an image of more than 8 bits shows next to nothing."""
MOST_PIXELS = 0.98
"""Share of the pixels that have these levels; the rest may be padding, or a bright spot."""
LOST = 1.5
"""Values of the file for each grey level, from which on something was lost."""
SAMPLE = 100_000
"""Pixels that are looked at for a proposal of a window."""
DEFAULT_MAX_PIXELS = 64_000_000
"""Pixels of a file, all frames together, above which it is not decoded."""


def check_size(rows: int, columns: int, frames: int = 1, most: int = DEFAULT_MAX_PIXELS) -> None:
    """Check what a header says before memory is taken for it.

    Raises:
        ImageError: If there is no pixel, or more than ``most``.
    """
    if min(rows, columns, frames) < 1:
        raise ImageError(f"its header says {rows}x{columns} pixels")
    if rows * columns * frames > most:
        size = f"{rows}x{columns}" + (f"x{frames}" if frames > 1 else "")
        raise ImageError(
            f"its header says {size} pixels, more than ingestion.max_megapixels allows ({most / 1e6:g})"
        )


def to_levels(shares: np.ndarray) -> np.ndarray:
    """Round shares of the way from black to white, in [0, 1], to uint8."""
    return np.rint(shares * 255).astype(np.uint8)


def linear(values: np.ndarray, black: float, white: float) -> np.ndarray:
    """Map values to shares of the way from ``black`` to ``white``; with no way between them, a threshold."""
    if white <= black:
        return (values > black).astype(np.float64)
    return np.clip((values - black) / (white - black), 0, 1)


def through_window(values: np.ndarray, window: Window) -> np.ndarray:
    """Map the values of an image to uint8 of the same shape.

    Raises:
        ImageError: If a value is not a number or infinite.
    """
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ImageError("it has pixels that are not a number, or infinite")
    return look_up(values, lambda every: to_levels(linear(every, *window)))


def look_up(values: np.ndarray, levels_of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Apply a function of values to an image; of 8 or 16 bits, to each value that is possible, once.

    Args:
        values: Image of any type and shape.
        levels_of: From float64 of any shape to uint8 of that shape.

    Returns:
        uint8 of the shape of ``values``.
    """
    if values.dtype.kind not in "iu" or values.dtype.itemsize > 2:
        return np.concatenate([levels_of(row.astype(np.float64))[None] for row in values])
    unsigned = np.dtype(f"u{values.dtype.itemsize}")
    every = np.arange(2 ** (8 * unsigned.itemsize), dtype=unsigned).view(values.dtype.newbyteorder("="))
    native = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
    table: np.ndarray = levels_of(every.astype(np.float64))
    return table[native.view(unsigned)]


def few_levels(values: np.ndarray, levels: np.ndarray) -> Window | None:
    """Tell whether the values of an image were crushed to a few grey levels.

    Args:
        values: Of the file, of any shape.
        levels: What they became, uint8 of the same shape.

    Returns:
        Values between which most of the image lies, as ends of a window; ``None`` if enough is left.
    """
    counts = np.sort(np.bincount(levels.ravel(), minlength=256))[::-1]
    used = 1 + int(np.searchsorted(np.cumsum(counts), MOST_PIXELS * levels.size))
    if used > FEW:
        return None
    sample = values.ravel()[:: math.ceil(values.size / SAMPLE)]
    if len(np.unique(sample)) < LOST * used:
        return None
    inside = sample[sample > sample.min()]  # without background or padding
    low, high = np.percentile(inside.astype(np.float64), [1, 99])
    return (float(low), float(high)) if low < high else None
