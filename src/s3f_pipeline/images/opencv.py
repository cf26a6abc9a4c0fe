"""OpenCV's decoder, with the errors of this package."""

import cv2
import numpy as np

from s3f_pipeline.errors import ImageError


def decode_by_opencv(data: bytes, flags: int) -> np.ndarray:
    """Decode a file's bytes as OpenCV does, to (H, W, C).

    Raises:
        ImageError: If OpenCV cannot.
        MemoryError: If there is not enough memory.
    """
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError from error
        raise ImageError(f"OpenCV refuses it: {error.err}") from error
    if pixels is None:
        raise ImageError("not an image, or damaged: OpenCV cannot decode it")
    return pixels.reshape(*pixels.shape[:2], -1)
