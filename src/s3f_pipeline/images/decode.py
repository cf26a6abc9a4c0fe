"""From a file's bytes to pixels, exactly as OpenCV reads them."""

from typing import Literal

import cv2
import numpy as np

from s3f_pipeline.errors import ImageError

Color = Literal["grey", "rgb"]
FLAGS: dict[Color, int] = {"grey": cv2.IMREAD_GRAYSCALE, "rgb": cv2.IMREAD_COLOR_RGB}


def decode(data: bytes, color: Color) -> np.ndarray:
    """Decode an image file.

    Args:
        data: The bytes of the file.
        color: ``grey`` or ``rgb``.

    Returns:
        uint8 of shape (H, W, 1) or (H, W, 3), equal to ``cv2.imread`` with the same flag.

    Raises:
        ImageError: If the bytes are none, or no image that OpenCV can decode.
    """
    if not data:
        raise ImageError("empty file")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), FLAGS[color])
    except cv2.error as error:
        raise ImageError(f"OpenCV refuses it: {error.err}") from error
    if pixels is None:
        raise ImageError("not an image, or damaged: OpenCV cannot decode it")
    return pixels.reshape(*pixels.shape[:2], -1)


def resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize with area interpolation, as the published code does.

    Args:
        pixels: uint8 of shape (H, W, C).
        height: Of the result.
        width: Of the result.

    Returns:
        uint8 of shape (height, width, C), equal to ``cv2.resize(…, INTER_AREA)``.
    """
    resized = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return resized.reshape(height, width, -1)


def to_grey(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 of shape (H, W) from (H, W, 1) or (H, W, 3)."""
    return pixels[..., 0] if pixels.shape[-1] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
