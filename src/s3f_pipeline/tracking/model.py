"""Bundles as MLflow models.

A bundle is logged as a pyfunc "model from code" (``served_model.py``) with the bundle as its artifact and
the part of this package that serves it as its code, so that it loads where nothing but its requirements is
installed, with any Keras backend, in safe mode and without pickle.
"""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from s3f_pipeline.tracking.package import SERVED, copy_code, requirements

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

    from s3f_pipeline.bundle.opening import Bundle

BUNDLE = "bundle"
"""Name of the artifact of a model, and of the tag that holds the checksum of a bundle."""
MODEL = "model"
"""Name of the models of all runs."""
READY = "READY"


def log_model(client: "MlflowClient", run_id: str, bundle: "Bundle") -> "LoggedModel":
    """Log a bundle to a run, once; what an earlier call that was cut off has left is completed.

    Args:
        client: Of the store.
        run_id: Of the run.
        bundle: That was checked.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    model = _model_of(client, run_id, bundle)
    if str(model.status) != READY:
        with TemporaryDirectory() as folder:
            local = Path(folder) / "model"
            _save(local, model, run_id, bundle)
            client.log_model_artifacts(model.model_id, str(local))
        model = client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    made = client.get_run(run_id).outputs
    if model.model_id not in {output.model_id for output in (made.model_outputs if made else [])}:
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    return model


def _model_of(client: "MlflowClient", run_id: str, bundle: "Bundle") -> "LoggedModel":
    run = client.get_run(run_id)
    experiment = run.info.experiment_id
    for found in client.search_logged_models([experiment], f"source_run_id = '{run_id}'"):
        if found.tags.get(BUNDLE) == bundle.checksum:
            return found
    tags = {BUNDLE: bundle.checksum}
    return client.create_logged_model(experiment, MODEL, run_id, tags=tags, params=run.data.params)


def _save(folder: Path, model: "LoggedModel", run_id: str, bundle: "Bundle") -> None:
    import mlflow
    from mlflow.models import Model

    with TemporaryDirectory() as code, warnings.catch_warnings(record=True):  # of type hints
        mlflow.pyfunc.save_model(
            folder,
            mlflow_model=Model(
                model.artifact_location, run_id, model_uuid=model.model_id, model_id=model.model_id
            ),
            python_model=str(SERVED),
            artifacts={BUNDLE: bundle.folder.absolute().as_uri()},
            code_paths=[str(copy_code(Path(code)))],
            pip_requirements=requirements(),
        )
