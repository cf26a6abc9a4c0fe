"""A network's layers as a table."""

from typing import Any

import keras


def summarise(model: keras.Model) -> list[dict[str, Any]]:
    """List the layers of a network in order.

    Returns:
        One entry per output of each layer: ``name``, ``type``, ``output_shape`` (a list whose first
        element, the batch, is None) and ``parameters``, which stand with the first of several outputs.
    """
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": list(output.shape),
            "parameters": 0 if number else layer.count_params(),
        }
        for layer in model.layers
        for number, output in enumerate(keras.tree.flatten(layer.output))
    ]
