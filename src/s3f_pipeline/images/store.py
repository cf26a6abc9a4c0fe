"""Whether an image store is the one that an index describes."""

from pathlib import Path

import numpy as np
import pandas as pd

from s3f_pipeline.errors import ImageError
from s3f_pipeline.files import content_hash

STORE_KEY = "image_store_sha256"
"""Key of ``index.attrs`` for the checksum of the store that was written with the index."""


def check_store(index: pd.DataFrame, images: np.memmap, input_shape: tuple[int, int, int]) -> None:
    """Check that row n of the store is the image of row n of the index.

    Args:
        index: One row per image, as ingestion wrote it.
        images: The store, uint8 (N, H, W, C), memory-mapped.
        input_shape: (H, W, C) that the network takes.

    Raises:
        ImageError: If the store has another shape, or was not written with this index.
    """
    expected = (len(index), *input_shape)
    if images.shape != expected:
        raise ImageError(
            f"The image store {images.filename} has the shape {images.shape}, expected is {expected}. Run "
            f"the pipeline from ingestion on, without --tags."
        )
    if index.attrs.get(STORE_KEY) != content_hash(Path(str(images.filename))):
        raise ImageError(
            f"The image store {images.filename} was not written with the index beside it, so its rows "
            f"may belong to other images. Run the pipeline from ingestion on, without --tags."
        )
