"""All finished runs of a cohort under a protocol, as one input."""

from pathlib import Path
from typing import Any, Never

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError

from s3f_pipeline.results import FinishedRun, find_runs, runs_hash


class FinishedRunsDataset(AbstractDataset[Never, list[FinishedRun]]):
    """Load the finished runs that lie below a data root; another set of runs is another input.

    Args:
        filepath: The data root.
        cohort: Name of the cohort.
        protocol: Name of the protocol.
        metadata: Anything; Kedro-Viz and other plugins read it.

    Example:
        YAML::

            runs:
              type: s3f_pipeline.catalog_types.FinishedRunsDataset
              filepath: data
              cohort: brisc
              protocol: patient_safe
    """

    def __init__(
        self, *, filepath: str, cohort: str, protocol: str, metadata: dict[str, Any] | None = None
    ) -> None:
        """Remember where to look."""
        self._filepath = Path(filepath)
        self._selection = {"cohort": cohort, "protocol": protocol}
        self.metadata = metadata

    def load(self) -> list[FinishedRun]:
        """Find them, none if none has finished.

        Raises:
            ResultsError: If one of them is damaged.
        """
        return find_runs(self._filepath, **self._selection)

    def save(self, data: Never) -> None:
        """Refuse: runs are made by their own pipelines.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError("Finished runs cannot be saved: the pipelines of their networks make them.")

    def fingerprint(self) -> str:
        """Hash of the set of runs, by which a stage notices that there is another one."""
        return runs_hash(self.load())

    def _exists(self) -> bool:
        return bool(self.load())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), **self._selection}
