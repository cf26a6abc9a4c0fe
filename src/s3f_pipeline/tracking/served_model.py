"""The code that MLflow runs when a logged network is loaded (a "model from code")."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np


class ServedNetwork(mlflow.pyfunc.PythonModel):
    """Predict class probabilities of images."""

    def load_context(self, context: Any) -> None:
        """Load the ``.keras`` file of the model."""
        from s3f_pipeline.models import load_model
        from s3f_pipeline.training.prediction import Predictor

        self._predictor = Predictor(load_model(Path(context.artifacts["network"])))

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> np.ndarray:
        """Return float64 probabilities, (n, classes), of float32 images in [0, 1], (n, H, W, C)."""
        images = model_input["images"] if isinstance(model_input, dict) else model_input
        return self._predictor.probabilities(images)


mlflow.models.set_model(ServedNetwork())
