"""All comparisons below a folder, as one input."""

import hashlib
from pathlib import Path
from typing import Any, Never

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError

from s3f_pipeline.results.comparison import Comparison, find_comparisons


class ComparisonsDataset(AbstractDataset[Never, dict[str, Comparison]]):
    """Load what networks were compared, by file; another set of comparisons is another input.

    Args:
        filepath: The folder of reports.
        metadata: Anything; Kedro-Viz and other plugins read it.

    Example:
        YAML::

            comparisons:
              type: s3f_pipeline.catalog_types.ComparisonsDataset
              filepath: data/08_reporting
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Remember where to look."""
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> dict[str, Comparison]:
        """Find them, none if nothing was compared.

        Raises:
            ResultsError: If one of them is damaged.
        """
        return find_comparisons(self._filepath)

    def save(self, data: Never) -> None:
        """Refuse: comparisons are made by their own pipelines.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError("Comparisons cannot be saved: the pipelines <cohort>_compare make them.")

    def fingerprint(self) -> str:
        """Hash of the set of comparisons, by which a stage notices that there is another one."""
        found = hashlib.sha256()
        for file in sorted(self.load()):
            found.update(file.encode() + b"\0" + (self._filepath / file).read_bytes())
        return found.hexdigest()

    def _exists(self) -> bool:
        return bool(self.load())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
