"""Slices in MATLAB 7.3 files, as the brain tumours of Cheng are published."""

from io import BytesIO
from typing import Any

import numpy as np

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.levels import DEFAULT_MAX_PIXELS, Window, check_size, through_window

IMAGE = "cjdata/image"


def decode_mat(
    data: bytes, window: Window | None, max_pixels: int = DEFAULT_MAX_PIXELS
) -> tuple[np.ndarray, str]:
    """Decode the slice of a file.

    Args:
        data: The bytes of the file, which holds numbers ``cjdata/image``.
        window: Values that become black and white; ``None``: the lowest and highest of the slice.
        max_pixels: Above which nothing is read.

    Returns:
        uint8 of shape (H, W, 1), and bit depth and channels in words.

    Raises:
        ImageError: If the file is damaged or holds no such image.
    """
    import h5py

    try:
        with h5py.File(BytesIO(data)) as file:
            values = _read(file, max_pixels)
    except (OSError, KeyError, TypeError, AttributeError, RuntimeError, ValueError) as error:
        raise ImageError(f"a MATLAB file without {IMAGE} that can be read ({error})") from error
    if not np.isfinite(values).all():
        raise ImageError("it has pixels that are not a number, or infinite")
    numbers = values.T  # MATLAB counts along columns
    ends = window or (float(numbers.min()), float(numbers.max()))
    return through_window(numbers, ends)[..., None], f"grey {8 * values.dtype.itemsize}-bit"


def _read(file: Any, max_pixels: int) -> np.ndarray:
    """Read the image, unless it is none, too large, or lies in another file."""
    import h5py

    for name in (IMAGE.split("/")[0], IMAGE):
        if not isinstance(file.get(name, getlink=True), h5py.HardLink):
            raise ImageError(f"a MATLAB file without {IMAGE} of its own")
    found = file[IMAGE]
    if found.external or found.is_virtual:
        raise ImageError(f"a MATLAB file whose {IMAGE} lies in another file")
    if len(found.shape) != 2 or found.dtype.kind not in "iuf" or found.dtype.itemsize > 8:
        raise ImageError(f"{IMAGE} has shape {found.shape} and type {found.dtype}, and is no grey image")
    check_size(found.shape[0], found.shape[1], most=max_pixels)
    return np.asarray(found[()])
