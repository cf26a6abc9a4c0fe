"""Fusion of representations by gates that see all of them."""

from typing import Any

import keras
from keras import ops

from s3f_pipeline.backend import Tensor

Shape = tuple[int | None, ...]
"""(batch, ..., channels)."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class ContextGate(keras.layers.Layer):
    """Weighs each channel of each representation in the light of all, and puts them side by side.

    ``c = concat_i(mean(x_i))``, ``g = 2 sigmoid(W2 silu(W1 c + b1) + b2)``, ``y = concat_i(x_i) * g``

    with the mean over all axes between batch and channels, which is computed in float32 whatever the dtype
    policy. Gates lie between 0 and 2. ``W2`` and ``b2`` begin as zeros, and so all gates as 1: fusion begins
    as plain concatenation.

    Example:
    >>> local, overall = keras.random.normal((2, 8, 8, 24)), keras.random.normal((2, 8, 8, 40))
    >>> tuple(ContextGate()([local, overall]).shape)
    (2, 8, 8, 64)

    Args:
        reduction: Channels of all representations per hidden unit.
        **kwargs: ``name``, ``dtype`` and ``trainable`` of a Keras layer.

    Input shape:
        A list of (batch, ..., C_i), alike but for their channels: images, or vectors (batch, C_i).

    Output shape:
        (batch, ..., sum of C_i).
    """

    def __init__(self, reduction: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if reduction < 1:
            raise ValueError(f"`reduction` must be at least 1. Received: reduction={reduction}")
        self.reduction = reduction

    def build(self, input_shape: list[Shape]) -> None:
        """Create the layers that compute the gates."""
        channels = sum(shape[-1] or 0 for shape in input_shape)
        hidden = max(channels // self.reduction, 1)
        self.squeeze = keras.layers.Dense(
            hidden, "silu", kernel_initializer="he_normal", dtype=self.dtype_policy, name="squeeze"
        )
        self.excite = keras.layers.Dense(
            channels, "sigmoid", kernel_initializer="zeros", dtype=self.dtype_policy, name="excite"
        )
        self.squeeze.build((None, channels))
        self.excite.build((None, hidden))

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Gate and concatenate representations."""
        between = tuple(range(1, len(inputs[0].shape) - 1))
        context = ops.concatenate([ops.mean(ops.cast(x, "float32"), axis=between) for x in inputs], axis=-1)
        gates = 2.0 * self.excite(self.squeeze(context))
        return ops.concatenate(inputs, axis=-1) * ops.expand_dims(gates, between)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """Return the shape of the representations side by side."""
        return (*input_shape[0][:-1], sum(shape[-1] or 0 for shape in input_shape))

    def get_config(self) -> dict[str, Any]:
        """Return what ``__init__`` takes."""
        return {**super().get_config(), "reduction": self.reduction}
