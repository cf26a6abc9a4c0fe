"""Layers that cannot be converted, in the form of others that compute the same."""

from typing import Any

import keras
import numpy as np
from keras import ops

from s3f_pipeline.backend import Tensor

KEPT = ("name", "trainable", "dtype")
"""What each layer has."""
DEPTHWISE = (
    *KEPT, "kernel_size", "strides", "padding", "data_format", "dilation_rate",
    "activation", "use_bias",
)  # fmt: skip
"""What a convolution of each channel by itself has in common with one in groups."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class GeluByErf(keras.layers.Layer):
    """``x (1 + erf(x / √2)) / 2``, which is GELU (arXiv 1606.08415)."""

    def call(self, inputs: Tensor) -> Tensor:
        """Activate."""
        return 0.5 * inputs * (1.0 + ops.erf(inputs * 0.5**0.5))


def convertible(model: keras.Model) -> keras.Model:
    """Make the same network without the layers that get lost on the way to ONNX.

    Normalisation by constants becomes scale and offset, since the converter takes its constants for inputs.
    Convolutions with a group per channel become depthwise ones, since TensorFlow hands groups to XLA. GELU is
    written with the error function, since there is no complementary one in ONNX.
    """
    network = type(model).from_config(_replaced(model.get_config()))
    for layer in model.layers:
        if layer.weights:
            network.get_layer(layer.name).set_weights(_weights(layer))
    return network


def _replaced(config: Any) -> Any:
    if isinstance(config, list | tuple):
        return type(config)(map(_replaced, config))
    if not isinstance(config, dict):
        return config
    inner: Any = config.get("config")
    match config.get("class_name"):
        case "Normalization" if inner["mean"] is not None and not inner["invert"]:
            return {**config, "class_name": "Rescaling", "config": _rescaling(inner)}
        case "Conv2D" if inner["groups"] == inner["filters"] > 1:
            depthwise = {name: inner[name] for name in DEPTHWISE}
            return {**config, "class_name": "DepthwiseConv2D", "config": depthwise}
        case "Activation" if inner["activation"] == "gelu":
            kept = {name: inner[name] for name in KEPT}
            return keras.saving.serialize_keras_object(GeluByErf()) | _placed(config) | {"config": kept}
    return {key: _replaced(value) for key, value in config.items()}


def _placed(config: dict[str, Any]) -> dict[str, Any]:
    """Name of a layer and where its inputs come from."""
    return {name: config[name] for name in ("name", "inbound_nodes")}


def _rescaling(config: dict[str, Any]) -> dict[str, Any]:
    mean, variance = (np.ravel(np.asarray(config[name], np.float64)) for name in ("mean", "variance"))
    scale = 1 / np.maximum(np.sqrt(variance), keras.config.epsilon())
    return {
        **{name: config[name] for name in KEPT},
        "scale": scale.tolist(),
        "offset": (-mean * scale).tolist(),
    }


def _weights(layer: keras.Layer) -> list[np.ndarray]:
    weights: list[np.ndarray] = layer.get_weights()
    if isinstance(layer, keras.layers.Conv2D) and layer.groups > 1:
        kernel, *bias = weights
        return [np.swapaxes(kernel, 2, 3), *bias]
    return weights
