"""A network that gives its feature vectors beside its probabilities."""

from typing import NamedTuple

import keras
import numpy as np

from s3f_pipeline.backend.forward import compile_forward
from s3f_pipeline.errors import ModelError
from s3f_pipeline.training.prediction import as_probabilities

HEAD = "logits"
"""The layer whose input are the feature vectors."""


class Outputs(NamedTuple):
    """What a network says of a batch.

    Attributes:
        probabilities: float64 of shape (n, classes), rows sum to 1.
        features: float32 of shape (n, features), rows of length 1.
    """

    probabilities: np.ndarray
    features: np.ndarray


class FeatureNetwork:
    """Predicts probabilities and feature vectors in one forward pass.

    Args:
        model: Of ``build_model``.

    Raises:
        ModelError: If it has no layer ``logits``.
    """

    def __init__(self, model: keras.Model) -> None:
        """Compile the forward pass."""
        try:
            features = model.get_layer(HEAD).input
        except ValueError as error:
            raise ModelError(f"The network has no layer '{HEAD}': it is none of ours.") from error
        joined = keras.layers.Concatenate(dtype="float32")([features, model.output])
        self._forward = compile_forward(keras.Model(model.input, joined))
        self.features = int(features.shape[-1])

    def __call__(self, images: np.ndarray) -> Outputs:
        """Predict uint8 images of shape (n, H, W, C)."""
        batch = images.astype(np.float32)
        batch /= 255.0
        return self.of_inputs(batch)

    def of_inputs(self, batch: np.ndarray) -> Outputs:
        """Predict float32 images in [0, 1] of shape (n, H, W, C)."""
        joined = self._forward(batch)
        features = joined[:, : self.features].astype(np.float32)
        norms = np.linalg.norm(features, axis=1, keepdims=True)
        features /= np.maximum(norms, np.finfo(np.float32).tiny)
        return Outputs(as_probabilities(joined[:, self.features :]), features)
