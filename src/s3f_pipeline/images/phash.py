"""A perceptual hash: pictures that look alike have hashes that differ in few bits."""

import cv2
import numpy as np

from s3f_pipeline.images.thumbnails import inner, resize_to_square

COARSE_SIZE = 32
FREQUENCIES = 8


def perceptual_hash(grey: np.ndarray) -> str:
    """Hash the coarse structure of a grey image.

    The inner part of the image is shrunk to 32x32 and transformed by a discrete cosine transform;
    each of the 8x8 lowest frequencies gives one bit: is it above their median? (the DCT hash of
    C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010).

    Args:
        grey: uint8 of shape (H, W).

    Returns:
        64 bits as 16 hexadecimal digits.
    """
    coarse = resize_to_square(inner(grey), COARSE_SIZE).astype(np.float32)
    frequencies = cv2.dct(coarse)[:FREQUENCIES, :FREQUENCIES].ravel()
    median = np.sort(frequencies[1:])[frequencies.size // 2 - 1]  # without the mean brightness
    bits = frequencies > median
    return np.packbits(bits).tobytes().hex()
