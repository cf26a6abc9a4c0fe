"""How alike two images are at a glance: the correlation of small copies of them."""

import numpy as np
import pandas as pd

from s3f_pipeline.images.thumbnails import resize_to_square

SIZE = 32  # pixels: mean values of areas, so that noise and small movements count little
COPY = 0.98  # correlation from which two images are taken for copies, which say nothing of patients


def likeness_features(thumbnails: np.ndarray) -> np.ndarray:
    """Shrink and standardise images, so that products of rows are Pearson correlations.

    Args:
        thumbnails: uint8 of shape (N, T, T), may be memory-mapped.

    Returns:
        float32 of shape (N, SIZE * SIZE), rows of mean 0 and norm 1; those of blank images are 0.
    """
    small = np.empty((len(thumbnails), SIZE * SIZE), np.float32)
    for row, thumbnail in enumerate(thumbnails):
        small[row] = resize_to_square(thumbnail, SIZE).reshape(-1)
    small -= small.mean(axis=1, keepdims=True)
    return unit(small)


def unit(rows: np.ndarray) -> np.ndarray:
    """Scale each row to norm 1; rows of zeros stay."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 1e-6)


def twin_codes(twin_set: pd.Series | None, images: int) -> np.ndarray:
    """Number twin sets, of shape (images,); an image without twins gets a number of its own."""
    if twin_set is None:
        return np.arange(images)
    numbers = pd.factorize(twin_set)[0]
    return np.where(numbers < 0, -1 - np.arange(images), numbers)
