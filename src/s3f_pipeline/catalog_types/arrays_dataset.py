"""A few named arrays."""

from collections.abc import Mapping

import numpy as np

from s3f_pipeline.catalog_types.file_dataset import FileDataset
from s3f_pipeline.files import atomic_path


class ArraysDataset(FileDataset[Mapping[str, np.ndarray], dict[str, np.ndarray]]):
    """A compressed ``.npz`` file, which holds numbers and nothing that could run.

    Example:
        YAML::

            explanation_arrays:
              type: s3f_pipeline.catalog_types.ArraysDataset
              filepath: data/08_reporting/brisc/explanation/arrays.npz
    """

    def _read(self) -> dict[str, np.ndarray]:
        """Load all arrays."""
        with np.load(self._filepath, allow_pickle=False) as arrays:
            return dict(arrays)

    def save(self, data: Mapping[str, np.ndarray]) -> None:
        """Write the arrays atomically."""
        with atomic_path(self._filepath) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **data)
