"""Squares of four neighbouring pixels as the channels of one."""

import keras
from keras import ops

from s3f_pipeline.backend import Tensor

ImageShape = tuple[int | None, int, int, int]
"""(batch, height, width, channels)."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class GatherNeighbours(keras.layers.Layer):
    """Puts the channels of 2 x 2 neighbours behind one another, as patch merging does before its projection.

    The order is that of Swin Transformer (arXiv 2103.14030): top left, bottom left, top right, bottom right.
    A side of odd length is padded with zeros, below or to the right.

    Example:
    >>> x = keras.random.normal((2, 7, 4, 96))
    >>> tuple(GatherNeighbours()(x).shape)
    (2, 4, 2, 384)

    Input shape:
        (batch, H, W, C), channels last, with known H and W.

    Output shape:
        (batch, ⌈H / 2⌉, ⌈W / 2⌉, 4 C).
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Gather neighbours."""
        _, height, width, _ = inputs.shape
        padded = ops.pad(inputs, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)))
        batch, height, width, channels = ops.shape(padded)
        squares = ops.reshape(padded, (batch, height // 2, 2, width // 2, 2, channels))
        squares = ops.transpose(squares, (0, 1, 3, 4, 2, 5))
        return ops.reshape(squares, (batch, height // 2, width // 2, 4 * channels))

    def compute_output_shape(self, input_shape: ImageShape) -> ImageShape:
        """Return half the size, rounded up, and four times the channels."""
        batch, height, width, channels = input_shape
        return batch, -(-height // 2), -(-width // 2), 4 * channels
