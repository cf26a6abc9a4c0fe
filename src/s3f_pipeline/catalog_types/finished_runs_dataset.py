"""All finished runs of a cohort under a protocol, as one input."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Never

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import FinishedRun, find_runs, runs_hash, warn_of_damage
from s3f_pipeline.results.runs import refuse_damage


class FinishedRunsDataset(AbstractDataset[Never, list[FinishedRun]]):
    """Load the finished runs that lie below a data root; another set of runs is another input.

    Args:
        filepath: The data root.
        cohort: Name of the cohort.
        protocol: Name of the protocol.
        leaves_out_damaged: A damaged run is told and left out, for who can do without; else it is refused.
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
        self,
        *,
        filepath: str,
        cohort: str,
        protocol: str,
        leaves_out_damaged: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Remember where to look."""
        self._filepath = Path(filepath)
        self._cohort, self._protocol = cohort, protocol
        self._leaves_out_damaged = leaves_out_damaged
        self.metadata = metadata

    def load(self) -> list[FinishedRun]:
        """Find them, none if none has finished.

        Raises:
            ResultsError: If one of them is damaged, and is not to be left out.
        """
        return self._find(warn_of_damage)

    def save(self, data: Never) -> None:
        """Refuse: runs are made by their own pipelines.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError("Finished runs cannot be saved: the pipelines of their networks make them.")

    def fingerprint(self) -> str:
        """Hash of the set of runs, by which a stage notices that there is another one."""
        return runs_hash(self._find())

    def _find(self, told: Callable[[ResultsError], None] = lambda _: None) -> list[FinishedRun]:
        """Find the runs; ``told`` of each damaged one that is left out."""
        damaged = told if self._leaves_out_damaged else refuse_damage
        return find_runs(self._filepath, cohort=self._cohort, protocol=self._protocol, damaged=damaged)

    def _exists(self) -> bool:
        return bool(self._find())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "cohort": self._cohort, "protocol": self._protocol}
