"""The MLflow experiment of a name, made when it is first asked for."""

import logging
from shlex import quote
from typing import TYPE_CHECKING

from s3f_pipeline.credentials import shown_uri
from s3f_pipeline.errors import TrackingError
from s3f_pipeline.process_identity import is_dead
from s3f_pipeline.tracking.moved import follow_database
from s3f_pipeline.tracking.uri import artifact_folder

if TYPE_CHECKING:
    from mlflow import MlflowClient


PROCESS_TAG = "process"
"""Names the process of a run, so that runs of dead ones can be told from those of living ones."""
logger = logging.getLogger(__name__)


def open_experiment(client: "MlflowClient", uri: str, name: str) -> str:
    """Find or make an experiment, mark what dead processes have left in it, and return its id.

    Args:
        client: Of the store.
        uri: Of the store.
        name: Of the experiment.

    Raises:
        TrackingError: If it lies in the bin.
    """
    follow_database(uri)
    experiment = _find_or_make(client, uri, name)
    _mark_dead_runs(client, experiment)
    return experiment


def _find_or_make(client: "MlflowClient", uri: str, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name, artifact_folder(uri, name))
        except MlflowException as error:  # another process was faster
            found = client.get_experiment_by_name(name)
            if found is None:
                raise error
    if found.lifecycle_stage != "active":
        raise TrackingError(
            f"the experiment '{name}' of {shown_uri(uri)} lies in the bin. Restore it with "
            f"`MLFLOW_TRACKING_URI={quote(shown_uri(uri))} mlflow experiments restore "
            f"--experiment-id {found.experiment_id}`"
        )
    return found.experiment_id


def _mark_dead_runs(client: "MlflowClient", experiment: str) -> None:
    """Mark runs of an experiment (its id) as KILLED that are RUNNING though their process is gone."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if is_dead(run.data.tags.get(PROCESS_TAG, "")):
            logger.info("MLflow run %s was left by a dead process: marked KILLED.", run.info.run_id)
            client.set_terminated(run.info.run_id, status="KILLED")
