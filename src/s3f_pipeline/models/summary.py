"""A network's layers as a table."""

from typing import Any

import keras


def summarise(model: keras.Model) -> list[dict[str, Any]]:
    """List the layers of a network in order.

    Returns:
        One entry per layer: ``name``, ``type``, ``output_shape`` (a list whose first element, the batch,
        is None) and ``parameters``.
    """
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": list(layer.output.shape),
            "parameters": layer.count_params(),
        }
        for layer in model.layers
    ]
