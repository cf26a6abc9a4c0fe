"""The MLflow run of a sweep, parent of the runs of its experiments."""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path

from s3f_pipeline.process_identity import this_process
from s3f_pipeline.signals import signals_wait
from s3f_pipeline.tracking.answers import reason, why_not
from s3f_pipeline.tracking.experiments import PROCESS_TAG, open_experiment
from s3f_pipeline.tracking.names import LONGEST_PARAM, safe_text
from s3f_pipeline.tracking.uri import database_of, reachable_or_local

PARENT_VARIABLE = "S3F_PARENT_RUN"
"""Environment variable with the id of the run that this one belongs to."""
PARENT_TAG = "mlflow.parentRunId"
"""By which MLflow shows a run below its parent."""
SELECTION_TAG = "selection"
logger = logging.getLogger(__name__)


class ParentRun:
    """The run of one sweep; the same selection goes on with the same run. No failure is fatal.

    Args:
        uri: Of the tracking store or server.
        folder: Where the local store lies that is used if a server does not answer.
        experiment: Name of the MLflow experiment of sweeps.
        selection: What the sweep is about; its parameters.

    Attributes:
        run_id: ``None`` if tracking failed.
    """

    def __init__(self, uri: str, folder: Path, experiment: str, selection: Mapping[str, str]) -> None:
        """Open the run."""
        self.run_id: str | None = None
        self._ended = False
        try:
            self._open(uri, folder, experiment, selection)
        except Exception as error:
            logger.warning("MLflow: %s. The sweep goes on without a parent run.", why_not(uri, error))
            logger.debug("MLflow failure", exc_info=error)

    def _open(self, uri: str, folder: Path, experiment: str, selection: Mapping[str, str]) -> None:
        from mlflow import MlflowClient

        uri = reachable_or_local(uri, folder)
        if path := database_of(uri):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._client = client = MlflowClient(uri)
        known = open_experiment(client, uri, experiment)
        digest = hashlib.sha256(json.dumps(selection, sort_keys=True).encode()).hexdigest()
        found = client.search_runs([known], f"tags.{SELECTION_TAG} = '{digest}'", max_results=1)
        if found:
            self.run_id = found[0].info.run_id
            client.update_run(self.run_id, status="RUNNING")
        else:
            self.run_id = client.create_run(known, run_name="sweep").info.run_id
            client.set_tag(self.run_id, SELECTION_TAG, digest)
            for name, value in selection.items():
                client.log_param(self.run_id, name, safe_text(value, LONGEST_PARAM))
        client.set_tag(self.run_id, PROCESS_TAG, this_process())

    def environment(self) -> dict[str, str]:
        """What tells a process that its run belongs to this one."""
        return {PARENT_VARIABLE: self.run_id} if self.run_id else {}

    def end(self, status: str) -> None:
        """Close the run as ``FINISHED``, ``FAILED`` or ``KILLED``; ``SCHEDULED`` leaves it open.

        Only the first call counts. A run that is left open belongs to no process, because its experiments
        are in the queue of a cluster.
        """
        if self.run_id is None or self._ended:
            return
        with signals_wait():
            self._ended = True
            try:
                if status == "SCHEDULED":
                    self._client.update_run(self.run_id, status)
                else:
                    self._client.set_terminated(self.run_id, status)
            except Exception as error:
                logger.warning("MLflow: the run of the sweep could not be closed (%s).", reason(error))
