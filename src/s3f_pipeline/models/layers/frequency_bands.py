"""Frequency bands of images, in time linear in their pixels."""

from typing import Any

import keras
from keras import ops

from s3f_pipeline.backend import Tensor

ImageShape = tuple[int | None, int | None, int | None, int]
"""(batch, height, width, channels)."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class FrequencyBands(keras.layers.Layer):
    """Cuts images into octaves of spatial frequency: a Laplacian pyramid of averages over 2 x 2 pixels.

    With ``x[0] = x``, ``x[i + 1] = halve(x[i])`` and ``double`` the repetition of each pixel,
    ``band[i] = x[i] - double(x[i + 1])`` for all but the last band, which is ``x[bands - 1]``
    (Burt and Adelson, IEEE Trans. Commun. 31, 1983, with the box as its filter). Each band has half the
    height and width of the one before, so that all together are less than 4/3 of the image. The bands,
    repeated to the size of the image, add up to it; where all sides that are halved are even, averages are
    projections, and the bands are orthogonal to each other.

    There are no weights, and no image is too small or has the wrong size: at an odd edge the average is
    over the pixels there are.

    Example:
    >>> high, mid, low = FrequencyBands(3)(keras.random.uniform((2, 28, 28, 4)))
    >>> tuple(high.shape), tuple(mid.shape), tuple(low.shape)
    ((2, 28, 28, 4), (2, 14, 14, 4), (2, 7, 7, 4))

    Args:
        bands: Number of bands, at least 1.
        **kwargs: ``name``, ``dtype`` and ``trainable`` of a Keras layer.

    Input shape:
        (batch, H, W, C), channels last.

    Output shape:
        A list from the highest to the lowest band, of (batch, ceil(H / 2**i), ceil(W / 2**i), C).
    """

    def __init__(self, bands: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if bands < 1:
            raise ValueError(f"`bands` must be at least 1. Received: bands={bands}")
        self.bands = bands

    def call(self, inputs: Tensor) -> list[Tensor]:
        """Cut images into bands."""
        bands = []
        rest = inputs
        for _ in range(self.bands - 1):
            halved = ops.average_pool(rest, 2, strides=2, padding="same", data_format="channels_last")
            bands.append(rest - _doubled(halved)[:, : rest.shape[1], : rest.shape[2]])
            rest = halved
        return [*bands, rest]

    def compute_output_shape(self, input_shape: ImageShape) -> list[ImageShape]:
        """Return the shape of each band."""
        batch, height, width, channels = input_shape
        shapes = [input_shape]
        for _ in range(self.bands - 1):
            height, width = (size and -(-size // 2) for size in (height, width))
            shapes.append((batch, height, width, channels))
        return shapes

    def get_config(self) -> dict[str, Any]:
        """Return what ``__init__`` takes."""
        return {**super().get_config(), "bands": self.bands}


def _doubled(x: Tensor) -> Tensor:
    """Repeat each pixel twice in both directions."""
    _, height, width, channels = x.shape
    x = ops.broadcast_to(x[:, :, None, :, None], (ops.shape(x)[0], height, 2, width, 2, channels))
    return ops.reshape(x, (-1, 2 * height, 2 * width, channels))
