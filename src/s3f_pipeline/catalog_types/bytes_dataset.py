"""Bytes as they are: plots that are already PNG."""

from s3f_pipeline.catalog_types.file_dataset import FileDataset
from s3f_pipeline.files import atomic_path


class BytesDataset(FileDataset[bytes, bytes]):
    """A file of bytes, such as a PNG.

    Example:
        YAML::

            roc:
              type: s3f_pipeline.catalog_types.BytesDataset
              filepath: data/08_reporting/brisc/roc.png
    """

    def _read(self) -> bytes:
        """Return the bytes of the file."""
        return self._filepath.read_bytes()

    def save(self, data: bytes) -> None:
        """Write the bytes atomically."""
        with atomic_path(self._filepath) as temporary:
            temporary.write_bytes(data)
