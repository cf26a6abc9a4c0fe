"""Small grey copies of one fixed size, in which copies of a picture are recognised.

Their size does not follow the image size of an experiment, so neither do the groups of a cohort.
"""

import cv2
import numpy as np

THUMBNAIL_SIZE = 128


def thumbnail(grey: np.ndarray) -> np.ndarray:
    """Shrink or stretch a grey image, uint8 (H, W), to uint8 (THUMBNAIL_SIZE, THUMBNAIL_SIZE)."""
    return resize_to_square(grey, THUMBNAIL_SIZE)


def halve(image: np.ndarray) -> np.ndarray:
    """Halve a large image until its shorter side is below ``2 * THUMBNAIL_SIZE``.

    Thumbnails and hashes of large radiographs are made from the result: means of 2 x 2 pixels take a
    tenth of the time of one general area interpolation.

    Args:
        image: uint8 of shape (H, W, C).

    Returns:
        uint8 of shape (H / 2^n, W / 2^n, C), rounded down; n is 0 for images below that size.
    """
    while min(image.shape[:2]) >= 2 * THUMBNAIL_SIZE:
        rows, columns = image.shape[0] // 2, image.shape[1] // 2
        even = image[: 2 * rows, : 2 * columns]
        image = cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA).reshape(rows, columns, -1)
    return image


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
