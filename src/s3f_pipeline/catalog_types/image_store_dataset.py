"""The memory-mapped image store."""

from pathlib import Path

import numpy as np

from s3f_pipeline.catalog_types.file_dataset import FileDataset
from s3f_pipeline.files import publish
from s3f_pipeline.images.store import store_hash


class ImageStoreDataset(FileDataset[Path, np.memmap]):
    """A ``.npy`` file that is loaded as a read-only memory map.

    Saving takes the path of a finished temporary file *in the same folder* and gives it its name, so
    that a store larger than memory can be written image by image. Where checksums lie beside the store, its
    hash is read from there.

    Example:
        YAML::

            images:
              type: s3f_pipeline.catalog_types.ImageStoreDataset
              filepath: data/03_primary/brisc/images_256x256.npy
    """

    def _read(self) -> np.memmap:
        """Map the store, uint8 of shape (N, H, W, C), without reading it."""
        images: np.memmap = np.load(self._filepath, mmap_mode="r")
        return images

    def save(self, data: Path) -> None:
        """Give the finished temporary file ``data`` the name of the store."""
        publish(data, self._filepath)

    def fingerprint(self) -> str:
        """SHA-256 of the store, by which a stage notices that its input has changed."""
        return store_hash(self._filepath)
