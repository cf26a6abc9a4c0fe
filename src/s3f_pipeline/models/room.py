"""How much memory a network takes."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from s3f_pipeline.models import layers  # noqa: F401 - registers them
from s3f_pipeline.models.values import without_weights


def weights_needed(config: Mapping[str, Any]) -> int:
    """Count the bytes that the weights of a network take, without making them.

    Args:
        config: Content of ``config.json`` of a ``.keras`` file; whatever Keras raises means that it is none.
    """
    network = {key: value for key, value in config.items() if key != "compile_config"}
    with without_weights():
        model = keras.saving.deserialize_keras_object(network, safe_mode=True)
        return sum(
            math.prod(weight.shape) * np.dtype(keras.backend.standardize_dtype(weight.dtype)).itemsize
            for weight in model.weights
        )
