"""The selective scan of images in four directions."""

from math import log
from typing import Any

import keras
from keras import initializers, ops

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.initial import pytorch_uniform
from s3f_pipeline.models.selective_scan import selective_scan

ImageShape = tuple[int | None, int, int, int]
"""(batch, height, width, channels)."""
DIRECTIONS = 4
SMALLEST_STEP, LARGEST_STEP = 1e-3, 1e-1


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class SelectiveScan2D(keras.layers.Layer):
    """Scans images by rows, by columns, and by both backwards, and sums the results in place.

    In direction k, where t runs over the pixels and each channel e has N states::

        (r, B, C)[t] = x[t] @ projection[k]
        delta[t]     = softplus(r[t] @ step_kernel[k] + step_bias[k])
        h[t]         = exp(-delta[t] exp(log_decay[k])) * h[t-1] + delta[t] B[t] x[t]
        y[t]         = C[t] · h[t] + skip[k] * x[t]

    (SS2D of VMamba, arXiv 2401.10166, as MedMamba has it). Computed in float32 whatever the dtype policy; the
    output has the compute dtype of the policy.

    Example:
    >>> x = keras.random.normal((2, 7, 5, 96))
    >>> tuple(SelectiveScan2D(rank=3)(x).shape)
    (2, 7, 5, 96)

    Args:
        rank: Size of r, from which the step sizes come.
        states: States per channel, N.
        **kwargs: ``name``, ``dtype`` and ``trainable`` of a Keras layer.

    Input shape:
        (batch, H, W, E), channels last, with known H, W and E.

    Output shape:
        The same.

    Weights:
        ``projection`` (4, E, rank + 2 N), uniform ±E^-½; ``step_kernel`` (4, rank, E), uniform ±rank^-½;
        ``step_bias`` (4, E), such that the step sizes of a zero are log-uniform in [0.001, 0.1];
        ``log_decay`` (4, N, E), log(1 … N); ``skip`` (4, E), ones.
    """

    def __init__(self, rank: int, states: int = 16, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        if min(rank, states) < 1:
            raise ValueError(
                f"`rank` and `states` must be at least 1. Received: rank={rank}, states={states}"
            )
        self.rank = rank
        self.states = states

    def build(self, input_shape: ImageShape) -> None:
        """Create the weights of the four directions."""
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "SelectiveScan2D needs images of shape (batch, height, width, channels) with known height, "
                f"width and channels. Received: input_shape={input_shape}"
            )
        channels = input_shape[-1]
        self.projection = self._add(
            "projection", (channels, self.rank + 2 * self.states), pytorch_uniform(channels)
        )
        self.step_kernel = self._add("step_kernel", (self.rank, channels), pytorch_uniform(self.rank))
        self.step_bias = self._add("step_bias", (channels,), _step_bias)
        self.log_decay = self._add("log_decay", (self.states, channels), _log_decay)
        self.skip = self._add("skip", (channels,), "ones")

    def _add(self, name: str, shape: tuple[int, ...], initializer: Any) -> Tensor:
        return self.add_weight(shape=(DIRECTIONS, *shape), initializer=initializer, autocast=False, name=name)

    def call(self, inputs: Tensor) -> Tensor:
        """Scan images."""
        x = _sequences(ops.cast(inputs, "float32"))
        projection, step_kernel, step_bias, log_decay, skip = (
            ops.cast(weight, "float32") for weight in self.weights
        )
        steps, b, c = ops.split(
            ops.einsum("lkbe,kep->lkbp", x, projection), [self.rank, self.rank + self.states], axis=-1
        )
        delta = ops.softplus(ops.einsum("lkbr,kre->lkbe", steps, step_kernel) + step_bias[:, None])
        y = selective_scan(x, delta, -ops.exp(log_decay), b, c) + skip[:, None] * x
        return ops.cast(_images(y, *inputs.shape[1:3]), self.compute_dtype)

    def compute_output_shape(self, input_shape: ImageShape) -> ImageShape:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what ``__init__`` takes."""
        return {**super().get_config(), "rank": self.rank, "states": self.states}


def _sequences(images: Tensor) -> Tensor:
    """Turn (B, H, W, E) into (H W, 4, B, E)."""
    batch, height, width, channels = ops.shape(images)
    shape = (height * width, batch, channels)
    rows = ops.reshape(ops.transpose(images, (1, 2, 0, 3)), shape)
    columns = ops.reshape(ops.transpose(images, (2, 1, 0, 3)), shape)
    return ops.stack([rows, columns, ops.flip(rows, axis=0), ops.flip(columns, axis=0)], axis=1)


def _images(sequences: Tensor, height: int, width: int) -> Tensor:
    """Put the four sequences back in place, (H W, 4, B, E) to (B, H, W, E), and sum them."""
    _, _, batch, channels = ops.shape(sequences)
    both_ways = sequences[:, :2] + ops.flip(sequences[:, 2:], axis=0)
    rows = ops.reshape(both_ways[:, 0], (height, width, batch, channels))
    columns = ops.reshape(both_ways[:, 1], (width, height, batch, channels))
    return ops.transpose(rows, (2, 0, 1, 3)) + ops.transpose(columns, (2, 1, 0, 3))


def _step_bias(shape: tuple[int, ...], dtype: str) -> Tensor:
    """Draw step sizes, and return what softplus makes them of."""
    exponents = initializers.RandomUniform(log(SMALLEST_STEP), log(LARGEST_STEP))
    steps = ops.exp(exponents(shape, dtype))
    return steps + ops.log(-ops.expm1(-steps))


def _log_decay(shape: tuple[int, ...], dtype: str) -> Tensor:
    counts = ops.arange(1, shape[1] + 1, dtype=dtype)
    return ops.broadcast_to(ops.log(counts)[:, None], shape)
