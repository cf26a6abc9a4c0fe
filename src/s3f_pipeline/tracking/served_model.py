"""The code that MLflow runs when a logged network is loaded (a "model from code")."""

import json
import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, INTERNAL_ERROR

os.environ.setdefault("KERAS_BACKEND", "tensorflow" if find_spec("tensorflow") else "jax")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as in training

logger = logging.getLogger(__name__)


class AnsweredError(MlflowException):
    """An error that is told as it is: MLflow's server would put before it what was sent."""

    def __init__(self, reason: str, error_code: int) -> None:
        super().__init__(reason, error_code)
        self._told = {"error_code": self.error_code, "message": reason}

    def serialize_as_json(self) -> str:
        """What a client of the server reads."""
        return json.dumps(self._told)


class ServedNetwork(mlflow.pyfunc.PythonModel):
    """Answers with classes and probabilities."""

    def load_context(self, context: Any) -> None:
        """Open the bundle of the model, and check it."""
        from s3f_pipeline.bundle.opening import open_bundle
        from s3f_pipeline.serving.guard import guard_scoring_server
        from s3f_pipeline.serving.service import Service

        guard_scoring_server()
        self._service = Service(open_bundle(Path(context.artifacts["bundle"])))

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Answer a request: see ``s3f_pipeline.serving.payload`` for what an item is.

        Raises:
            AnsweredError: If it cannot be answered, with a reason of at most 200 characters.
        """
        from s3f_pipeline.errors import PayloadError

        try:
            return self._service.answer(model_input)
        except PayloadError as error:
            raise AnsweredError(error.message, BAD_REQUEST) from None
        except Exception:
            logger.exception("A request could not be answered")
            raise AnsweredError("the server has failed; its log says more", INTERNAL_ERROR) from None


mlflow.models.set_model(ServedNetwork())
