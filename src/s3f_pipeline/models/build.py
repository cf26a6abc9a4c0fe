"""Networks from their names."""

import inspect
from typing import Any

import keras

from s3f_pipeline.backend import Tensor
from s3f_pipeline.errors import ModelError
from s3f_pipeline.models.checks import require_input_shape, require_num_classes
from s3f_pipeline.models.networks import network_function


def build_model(
    variant: str, input_shape: tuple[int, int, int], num_classes: int, **options: Any
) -> keras.Model:
    """Build a classifier of images.

    Args:
        variant: One of ``variant_names()``.
        input_shape: (height, width, channels); images are float32 in [0, 1], channels last.
        num_classes: 1 for one sigmoid output, 2 or more for softmax.
        **options: Keywords of the variant's function.

    Returns:
        A network, not compiled, whose output is float32 of shape (batch, num_classes). The layers
        ``logits`` and ``probabilities`` come last; the package documentation lists more names.

    Raises:
        ModelError: For an unknown variant or option, and for an input or a value of an option that the
            variant cannot be built with.
    """
    network = network_function(variant)
    allowed = list(inspect.signature(network).parameters)[1:]
    if unknown := sorted(options.keys() - allowed):
        raise ModelError(
            f"The network '{variant}' has no option '{unknown[0]}'. Allowed: {', '.join(allowed) or 'none'}."
        )
    require_input_shape(input_shape)
    require_num_classes(num_classes)
    images = keras.Input(input_shape, name="images")
    try:
        features = network(images, **options)
    except (TypeError, ValueError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in options.items()) or "no options"
        raise ModelError(
            f"The network '{variant}' cannot be built for images of shape {input_shape} with {given}: {error}"
        ) from error
    if len(features.shape) != 2:
        raise ModelError(
            f"The function of the network '{variant}' must return feature vectors (batch, features), not "
            f"{features.shape}: pool or flatten its feature maps."
        )
    probabilities = _classify(features, num_classes)
    return keras.Model(images, probabilities, name=variant)


def _classify(features: Tensor, num_classes: int) -> Tensor:
    """Add the head; float32, as probabilities and their losses need it under mixed precision."""
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(features)
    activation = "sigmoid" if num_classes == 1 else "softmax"
    return keras.layers.Activation(activation, dtype="float32", name="probabilities")(logits)
