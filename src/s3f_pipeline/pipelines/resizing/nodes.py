"""Nodes of the resizing."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from s3f_pipeline.config.names import store_file
from s3f_pipeline.config.schema import ImageStoreConfig, IngestionConfig
from s3f_pipeline.files import removed_after_errors, temporary_path

logger = logging.getLogger(__name__)


def resize_images(
    store: ImageStoreConfig,
    settings: IngestionConfig,
    acquisition: dict[str, Any],
    index: pd.DataFrame,
    raw_root: Path,
    image_folder: Path,
) -> tuple[Path, bytes]:
    """Read the images of an index again, for the image store of another size alone.

    Returns:
        Path of the finished temporary store, and its checksums.

    Raises:
        ImageError: If an image is not the one that the index names.
    """
    from s3f_pipeline.images.resize import resize
    from s3f_pipeline.images.store import StoreChecksums, enlarged_warning

    temporary = temporary_path(image_folder / store_file(store.image_size))
    with removed_after_errors(temporary):
        resize(
            index,
            raw_root / acquisition["folder"],
            **dict(store),
            store=temporary,
            max_pixels=round(settings.max_megapixels * 1e6),
            workers=settings.workers,
        )
        if warning := enlarged_warning(index, store.image_size):
            logger.warning("%s", warning)
        return temporary, StoreChecksums.of(temporary, index).to_bytes()
