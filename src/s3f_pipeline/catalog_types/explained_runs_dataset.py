"""All finished runs of a cohort under a protocol with their explanations, as one input."""

import hashlib

from s3f_pipeline.catalog_types.finished_runs_dataset import FinishedRunsDataset
from s3f_pipeline.results import runs_hash
from s3f_pipeline.results.explained import explanations_hash


class ExplainedRunsDataset(FinishedRunsDataset):
    """Load the finished runs, as ``FinishedRunsDataset``; other explanations of them are another input.

    Example:
        YAML::

            explained_runs:
              type: s3f_pipeline.catalog_types.ExplainedRunsDataset
              filepath: data
              cohort: brisc
              protocol: patient_safe
    """

    def fingerprint(self) -> str:
        """Hash of the set of runs and of what their explanations hold."""
        runs = self._find()
        return hashlib.sha256((runs_hash(runs) + explanations_hash(runs)).encode()).hexdigest()
