"""Two feature maps with their channels in turns."""

import keras
from keras import ops

from s3f_pipeline.backend import Tensor

ImageShape = tuple[int | None, int, int, int]
"""(batch, height, width, channels)."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class Interleave(keras.layers.Layer):
    """Takes channels from one feature map and the other in turns.

    ``y[2 i] = a[i]``, ``y[2 i + 1] = b[i]``: concatenation followed by a channel shuffle with two groups
    (ShuffleNet, arXiv 1707.01083).

    Example:
    >>> a, b = keras.random.normal((2, 7, 7, 48)), keras.random.normal((2, 7, 7, 48))
    >>> tuple(Interleave()([a, b]).shape)
    (2, 7, 7, 96)

    Input shape:
        Two feature maps of the same shape (batch, H, W, C).

    Output shape:
        (batch, H, W, 2 C).
    """

    def build(self, input_shape: list[ImageShape]) -> None:
        """Check that there are two feature maps alike."""
        if len(input_shape) != 2 or tuple(input_shape[0]) != tuple(input_shape[1]):
            raise ValueError(
                "Interleave needs two inputs of the same shape (batch, height, width, channels). "
                f"Received: input_shape={input_shape}"
            )

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Interleave channels."""
        *positions, channels = ops.shape(inputs[0])
        return ops.reshape(ops.stack(inputs, axis=-1), (*positions, 2 * channels))

    def compute_output_shape(self, input_shape: list[ImageShape]) -> ImageShape:
        """Return (batch, H, W, 2 C)."""
        batch, height, width, channels = input_shape[0]
        return batch, height, width, 2 * channels
