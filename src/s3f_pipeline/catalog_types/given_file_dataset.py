"""A file that a user names, which stays where it is."""

from pathlib import Path
from typing import Never

from kedro.io.core import DatasetError

from s3f_pipeline.catalog_types.file_dataset import FileDataset


class GivenFileDataset(FileDataset[Never, Path]):
    """Load the path of a file; another content is another input.

    Example:
        YAML::

            weights_file:
              type: s3f_pipeline.catalog_types.GivenFileDataset
              filepath: /home/me/bilinear.keras
    """

    def load(self) -> Path:
        """Return the path, whether or not there is a file: who reads it knows best what to say."""
        return self._filepath

    def _read(self) -> Path:
        return self._filepath

    def save(self, data: Never) -> None:
        """Refuse: the file is the user's.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"{self._filepath} is a user's file; it is not written.")
