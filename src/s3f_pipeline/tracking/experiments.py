"""The MLflow experiment of a name, made when it is first asked for."""

from shlex import quote
from typing import TYPE_CHECKING

from s3f_pipeline.credentials import shown_uri
from s3f_pipeline.errors import TrackingError
from s3f_pipeline.tracking.moved import follow_database
from s3f_pipeline.tracking.uri import artifact_folder

if TYPE_CHECKING:
    from mlflow import MlflowClient


def experiment_id(client: "MlflowClient", uri: str, name: str) -> str:
    """Find or make an experiment.

    Args:
        client: Of the store.
        uri: Of the store.
        name: Of the experiment.

    Raises:
        TrackingError: If it lies in the bin.
    """
    from mlflow.exceptions import MlflowException

    follow_database(uri)
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
