"""Slices in MATLAB 7.3 files, as the brain tumours of Cheng are published."""

from io import BytesIO

import numpy as np

from s3f_pipeline.errors import ImageError

START = b"MATLAB 7.3"
IMAGE = "cjdata/image"


def decode_mat(data: bytes, window: tuple[float, float] | None) -> tuple[np.ndarray, str]:
    """Decode the slice of a file.

    Args:
        data: The bytes of the file, which holds numbers ``cjdata/image``.
        window: Values that become black and white; ``None``: the lowest and highest of the slice.

    Returns:
        uint8 of shape (H, W, 1), and bit depth and channels in words.

    Raises:
        ImageError: If the file is damaged or holds no such image.
    """
    import h5py

    try:
        with h5py.File(BytesIO(data)) as file:
            values = np.asarray(file[IMAGE][()])
    except (OSError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise ImageError(f"a MATLAB file without {IMAGE} that can be read ({error})") from error
    if values.ndim != 2 or values.dtype.kind not in "iuf" or not values.size:
        raise ImageError(f"{IMAGE} has shape {values.shape} and type {values.dtype}, and is no grey image")
    if not np.isfinite(values).all():
        raise ImageError("it has pixels that are not a number (NaN)")
    numbers = values.T.astype(np.float64)  # MATLAB counts along columns
    black, white = window or (numbers.min(), numbers.max())
    shares = np.clip((numbers - black) / max(white - black, np.finfo(float).tiny), 0, 1)
    return np.rint(shares * 255).astype(np.uint8)[..., None], f"grey {8 * values.dtype.itemsize}-bit"
