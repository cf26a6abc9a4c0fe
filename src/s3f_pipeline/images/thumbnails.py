"""Small grey copies of one fixed size, in which copies of a picture are recognised.

Their size does not follow the image size of an experiment, so neither do the groups of a cohort.
"""

import cv2
import numpy as np

THUMBNAIL_SIZE = 128


def thumbnail(grey: np.ndarray) -> np.ndarray:
    """Shrink or stretch a grey image, uint8 (H, W), to uint8 (THUMBNAIL_SIZE, THUMBNAIL_SIZE)."""
    return resize_to_square(grey, THUMBNAIL_SIZE)


def resize_to_square(grey: np.ndarray, size: int) -> np.ndarray:
    """Resize (H, W) to (size, size), whatever the aspect ratio.

    Area interpolation where both sides shrink; it would make blocks where one grows, so linear
    interpolation there.
    """
    shrinks = min(grey.shape) >= size
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(grey, (size, size), interpolation=interpolation)


def inner(image: np.ndarray) -> np.ndarray:
    """View of an image (H, W) without 1/32 at each side, where shifts and crops leave their marks."""
    rows, columns = (round(length / 32) for length in image.shape)
    return image[rows : image.shape[0] - rows, columns : image.shape[1] - columns]
