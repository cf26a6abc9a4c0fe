"""A folder whose path is all that a node needs."""

from pathlib import Path
from typing import Any, Never

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError


class FolderDataset(AbstractDataset[Never, Path]):
    """Load the absolute path of a folder, made if it is missing.

    Args:
        filepath: The folder.
        metadata: Anything; Kedro-Viz and other plugins read it.

    Example:
        YAML::

            raw_root:
              type: s3f_pipeline.catalog_types.FolderDataset
              filepath: data/01_raw
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Remember the folder."""
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """Return the folder's absolute path."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        return self._filepath.absolute()

    def save(self, data: Never) -> None:
        """Refuse: nodes write into the folder.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"{self._filepath} is a folder; it cannot be saved as a dataset.")

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
