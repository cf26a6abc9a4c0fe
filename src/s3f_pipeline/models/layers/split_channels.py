"""Groups of channels, one for each of several streams."""

from typing import Any

import keras
from keras import ops

from s3f_pipeline.backend import Tensor

ImageShape = tuple[int | None, int | None, int | None, int]
"""(batch, height, width, channels)."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class SplitChannels(keras.layers.Layer):
    """Cuts images into groups of consecutive channels.

    Example:
    >>> local, rest = SplitChannels([16, 48])(keras.random.uniform((2, 8, 8, 64)))
    >>> tuple(rest.shape)
    (2, 8, 8, 48)

    Args:
        sizes: Channels of each group.
        **kwargs: ``name``, ``dtype`` and ``trainable`` of a Keras layer.

    Input shape:
        (batch, H, W, sum(sizes)), channels last.

    Output shape:
        A list of (batch, H, W, size).
    """

    def __init__(self, sizes: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = list(sizes)

    def build(self, input_shape: ImageShape) -> None:
        """Check that the groups are all channels."""
        if input_shape[-1] != sum(self.sizes):
            raise ValueError(
                f"SplitChannels needs images of {sum(self.sizes)} channels for groups of {self.sizes}. "
                f"Received: input_shape={input_shape}"
            )

    def call(self, inputs: Tensor) -> list[Tensor]:
        """Cut images."""
        ends = [sum(self.sizes[: number + 1]) for number in range(len(self.sizes) - 1)]
        return ops.split(inputs, ends, axis=-1)

    def compute_output_shape(self, input_shape: ImageShape) -> list[ImageShape]:
        """Return the shape of each group."""
        return [(*input_shape[:-1], size) for size in self.sizes]

    def get_config(self) -> dict[str, Any]:
        """Return what ``__init__`` takes."""
        return {**super().get_config(), "sizes": self.sizes}
