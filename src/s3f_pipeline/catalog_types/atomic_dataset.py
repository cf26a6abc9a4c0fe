"""Any file dataset of kedro-datasets, written atomically and with a schema version."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset

from s3f_pipeline.catalog_types.file_dataset import FileDataset, UnusableFileError
from s3f_pipeline.files import atomic_path

VERSION_KEY = "schema_version"


class AtomicDataset(FileDataset[Any, Any]):
    """Wrap a file dataset so that its file appears whole or not at all.

    Args:
        filepath: Where the file lies.
        dataset: Configuration of the wrapped dataset without ``filepath``, or its type.
        schema_version: Written into dictionaries and DataFrames (``attrs``), checked when loading.
        metadata: Anything; Kedro-Viz and other plugins read it.

    Example:
        YAML::

            index:
              type: s3f_pipeline.catalog_types.AtomicDataset
              filepath: data/02_intermediate/brisc/index.parquet
              dataset: pandas.ParquetDataset
              schema_version: 1

        Python:

        >>> dataset = AtomicDataset(filepath="metrics.json", dataset="json.JSONDataset")
        >>> dataset.save({"accuracy": 0.5})
    """

    def __init__(
        self,
        *,
        filepath: str,
        dataset: str | dict[str, Any],
        schema_version: int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Remember the file and how the wrapped dataset is made."""
        super().__init__(filepath=filepath, metadata=metadata)
        self._config = {"type": dataset} if isinstance(dataset, str) else deepcopy(dataset)
        self._schema_version = schema_version

    def _read(self) -> Any:
        """Load with the wrapped dataset.

        Raises:
            UnusableFileError: If the file was written with another schema version.
        """
        data = self._wrapped(self._filepath).load()
        if self._schema_version is not None:
            found = data.attrs if isinstance(data, pd.DataFrame) else data
            if found.get(VERSION_KEY) != self._schema_version:
                raise UnusableFileError(
                    f"{self._filepath} has schema version {found.get(VERSION_KEY)}, this release reads "
                    f"{self._schema_version}. Make it again with --params=force=true."
                )
        return data

    def save(self, data: Any) -> None:
        """Write beside the target, then take its place."""
        if self._schema_version is not None:
            if isinstance(data, pd.DataFrame):
                data = data.copy(deep=False)
                data.attrs = {**data.attrs, VERSION_KEY: self._schema_version}
            else:
                data = {VERSION_KEY: self._schema_version, **data}
        with atomic_path(self._filepath) as temporary:
            self._wrapped(temporary).save(data)

    def _wrapped(self, path: Path) -> AbstractDataset[Any, Any]:
        return AbstractDataset.from_config("wrapped", {**self._config, "filepath": str(path)})

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "dataset": self._config["type"]}
