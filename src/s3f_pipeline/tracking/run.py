"""One MLflow run per experiment."""

import functools
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec

from s3f_pipeline.tracking.parent import parent_tag
from s3f_pipeline.tracking.processes import PROCESS_TAG, mark_dead_runs, this_process
from s3f_pipeline.tracking.uri import artifact_folder, reachable_or_local

logger = logging.getLogger(__name__)
Arguments = ParamSpec("Arguments")
MAX_PARAM_LENGTH = 6000
"""Longest parameter that MLflow stores."""


def never_fatal(method: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn any failure of tracking into a warning."""

    @functools.wraps(method)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:
            logger.warning("MLflow: %s failed (%s). The run goes on.", method.__name__, error)
            logger.debug("MLflow failure", exc_info=error)

    return guarded


class TrackedRun:
    """The MLflow run of an experiment; every call is harmless while no run is open.

    Attributes:
        run_id: Of the open run, ``None`` while there is none.
    """

    def __init__(self) -> None:
        """Start without a run."""
        self.run_id: str | None = None

    @never_fatal
    def start(
        self,
        uri: str,
        folder: Path,
        experiment: str,
        name: str,
        *,
        params: Mapping[str, Any],
        tags: Mapping[str, Any],
        run_id: str | None = None,
    ) -> None:
        """Open a run.

        Args:
            uri: Of the tracking store or server.
            folder: Where the local store lies that is used if a server does not answer.
            experiment: Name of the MLflow experiment.
            name: Name of the run.
            params: Flat parameters.
            tags: Tags.
            run_id: A run to go on with, where one stage of an experiment is made again.
        """
        import mlflow

        uri = reachable_or_local(uri, folder)
        if uri.startswith("sqlite:///"):
            Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(uri)
        client = mlflow.MlflowClient()
        if client.get_experiment_by_name(experiment) is None:
            client.create_experiment(experiment, artifact_location=artifact_folder(uri, experiment))
        mlflow.set_experiment(experiment)
        mark_dead_runs(client, experiment)
        known = run_id is not None and _exists(client, run_id)
        run = mlflow.start_run(run_id=run_id if known else None, run_name=name, log_system_metrics=False)
        self.run_id = run.info.run_id
        if not known:
            mlflow.log_params({key: str(value)[:MAX_PARAM_LENGTH] for key, value in params.items()})
        mlflow.set_tags({**tags, **parent_tag(client), PROCESS_TAG: this_process()})

    @never_fatal
    def log_epoch(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Log the figures of one epoch, counted from 1."""
        if self.run_id:
            import mlflow

            mlflow.log_metrics(dict(figures), step=epoch)

    @never_fatal
    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log final figures."""
        if self.run_id:
            import mlflow

            mlflow.log_metrics(dict(metrics))

    @never_fatal
    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Add tags."""
        if self.run_id:
            import mlflow

            mlflow.set_tags(dict(tags))

    @never_fatal
    def log_file(self, path: Path, folder: str | None = None) -> None:
        """Log a file as an artifact."""
        if self.run_id:
            import mlflow

            mlflow.log_artifact(str(path), artifact_path=folder)

    @never_fatal
    def log_model(self, path: Path, input_shape: tuple[int, ...], outputs: int) -> None:
        """Log a saved network; see ``s3f_pipeline.tracking.model``."""
        if self.run_id:
            from s3f_pipeline.tracking.model import log_model

            log_model(path, input_shape, outputs)

    @never_fatal
    def end(self, status: str) -> None:
        """Close the run as ``FINISHED``, ``FAILED`` or ``KILLED``."""
        if self.run_id:
            import mlflow

            mlflow.end_run(status)
            self.run_id = None


RUN = TrackedRun()
"""The run of this process: one process, one experiment, one run."""


def _exists(client: Any, run_id: str) -> bool:
    from mlflow.exceptions import MlflowException

    try:
        return bool(client.get_run(run_id).info.lifecycle_stage == "active")
    except MlflowException:
        return False
