"""Networks as MLflow models.

A network is logged as a pyfunc "model from code" (``served_model.py``) with the ``.keras`` file as its
artifact and this package as its code, so that it loads in a clean process, with any Keras backend, in
safe mode and without pickle.
"""

import shutil
import warnings
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

PACKAGE = Path(__file__).resolve().parents[1]
REQUIREMENTS = ("keras", "tensorflow", "numpy", "pandas", "scikit-learn", "opencv-python-headless", "click")


def log_model(
    client: "MlflowClient", run_id: str, path: Path, input_shape: tuple[int, ...], outputs: int
) -> None:
    """Log a saved network to a run, with signature and input example.

    A run has one model: what an earlier call that was cut off has left is completed.

    Args:
        client: Of the store.
        run_id: Of the run.
        path: The ``.keras`` file.
        input_shape: (H, W, C) of the input, float32 in [0, 1].
        outputs: Columns of the probabilities.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    model = _model_of(client, run_id)
    with TemporaryDirectory() as folder:
        local = Path(folder) / "model"
        _save(local, model, run_id, path, input_shape, outputs)
        client.log_model_artifacts(model.model_id, str(local))
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    made = client.get_run(run_id).outputs
    if model.model_id not in {output.model_id for output in (made.model_outputs if made else [])}:
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])


def _model_of(client: "MlflowClient", run_id: str) -> "LoggedModel":
    run = client.get_run(run_id)
    experiment = run.info.experiment_id
    found = client.search_logged_models([experiment], f"source_run_id = '{run_id}'", max_results=1)
    if found:
        return found[0]
    return client.create_logged_model(experiment, "model", run_id, params=run.data.params)


def _save(
    folder: Path, model: "LoggedModel", run_id: str, path: Path, input_shape: tuple[int, ...], outputs: int
) -> None:
    import mlflow
    from mlflow.models import Model, ModelSignature
    from mlflow.types import Schema, TensorSpec

    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, *input_shape), "images")]),
        outputs=Schema([TensorSpec(np.dtype(np.float64), (-1, outputs), "probabilities")]),
    )
    with warnings.catch_warnings(record=True):  # it asks for type hints that tensors do not have
        mlflow.pyfunc.save_model(
            folder,
            mlflow_model=Model(
                model.artifact_location, run_id, model_uuid=model.model_id, model_id=model.model_id
            ),
            python_model=str(PACKAGE / "tracking" / "served_model.py"),
            artifacts={"network": path.absolute().as_uri()},
            code_paths=[str(PACKAGE)],
            signature=signature,
            input_example={"images": np.zeros((1, *input_shape), np.float32)},
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
