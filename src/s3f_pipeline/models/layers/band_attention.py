"""Attention to frequency bands, in time linear in the pixels."""

from typing import Any

import keras
from keras import ops

from s3f_pipeline.backend import Tensor

ImageShape = tuple[int | None, int | None, int | None, int]
"""(batch, height, width, channels)."""
SMALLEST_WEIGHT = 1e-6
"""Where all keys have all but vanished, the output is near zero instead of not a number."""


def linear_attention(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Attend with a kernel in place of the softmax.

    ``y[n] = sum_m w[n, m] v[m] / sum_m w[n, m]`` with ``w[n, m] = f(q[n]) . f(k[m])``, where the feature
    map ``f(x) = elu(x) + 1`` is positive (Katharopoulos et al., ICML 2020). As the sum over m of
    ``f(k[m]) v[m]^T`` is the same for all queries, it is made once: O((N + M) d^2) operations instead of
    the O(N M d) of the formula.

    Args:
        queries: float32 of shape (B, N, heads, d).
        keys: float32 of shape (B, M, heads, d).
        values: float32 of shape (B, M, heads, e).

    Returns:
        float32 of shape (B, N, heads, e).
    """
    queries, keys = (ops.elu(x) + 1.0 for x in (queries, keys))
    tokens = ops.cast(ops.shape(keys)[1], "float32")
    summary = ops.einsum("bmhd,bmhe->bhde", keys, values) / tokens  # means, to be of one scale at all sizes
    weights = ops.einsum("bnhd,bhd->bnh", queries, ops.mean(keys, axis=1))
    sums = ops.einsum("bnhd,bhde->bnhe", queries, summary)
    return sums / ops.maximum(weights, SMALLEST_WEIGHT)[..., None]


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class BandAttention(keras.layers.Layer):
    """Lets each pixel ask each frequency band of its image what is in it.

    Queries come from the pixels, with all their frequencies; keys and values come from one band, at the
    band's own resolution. Each band has its own heads, and each head is a ``linear_attention``, computed
    in float32 whatever the dtype policy; the output has the compute dtype of the policy.

    Example:
    >>> from s3f_pipeline.models.layers import FrequencyBands
    >>> x = keras.random.uniform((2, 28, 28, 48))
    >>> tuple(BandAttention(heads=2)([x, *FrequencyBands(3)(x)]).shape)
    (2, 28, 28, 48)

    Args:
        heads: Number of heads per band; they share the channels of the output evenly.
        **kwargs: ``name``, ``dtype`` and ``trainable`` of a Keras layer.

    Input shape:
        A list of images (batch, H, W, C), which ask, and of their bands (batch, H', W', C') of any size. C
        must be a multiple of the number of all heads.

    Output shape:
        (batch, H, W, C), the channels of the first band's heads first.

    Weights:
        Projections to queries and keys with a bias; to values without, as the weights of a pixel add up to
        one, so that a bias would be the same number at all pixels.
    """

    def __init__(self, heads: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if heads < 1:
            raise ValueError(f"`heads` must be at least 1. Received: heads={heads}")
        self.heads = heads

    def build(self, input_shape: list[ImageShape]) -> None:
        """Create the projections to queries, keys and values."""
        (*_, channels), *bands = input_shape
        if not bands or channels % (len(bands) * self.heads):
            raise ValueError(
                f"BandAttention needs images, whose channels {self.heads} heads per band can share evenly, "
                f"and their bands. Received: input_shape={input_shape}"
            )
        width = channels // len(bands)
        self.queries = self._projection("queries", channels, input_shape[0])
        self.keys, self.values = [], []
        for number, band in enumerate(bands, start=1):
            self.keys.append(self._projection(f"keys{number}", width, band))
            self.values.append(self._projection(f"values{number}", width, band, use_bias=False))

    def _projection(
        self, name: str, channels: int, shape: ImageShape, use_bias: bool = True
    ) -> keras.layers.Conv2D:
        layer = keras.layers.Conv2D(channels, 1, use_bias=use_bias, dtype=self.dtype_policy, name=name)
        layer.build(shape)
        return layer

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Attend to each band."""
        images, *bands = inputs
        queries = ops.split(self.queries(images), len(bands), axis=-1)
        answers = [
            linear_attention(self._tokens(query), self._tokens(keys(band)), self._tokens(values(band)))
            for query, band, keys, values in zip(queries, bands, self.keys, self.values, strict=True)
        ]
        height, width, channels = images.shape[1:]
        answer = ops.reshape(ops.concatenate(answers, axis=2), (-1, height, width, channels))
        return ops.cast(answer, self.compute_dtype)

    def _tokens(self, x: Tensor) -> Tensor:
        """Reshape (B, H, W, heads * d) to float32 (B, H * W, heads, d)."""
        _, height, width, channels = x.shape
        tokens = ops.reshape(x, (-1, height * width, self.heads, channels // self.heads))
        return ops.cast(tokens, "float32")

    def compute_output_shape(self, input_shape: list[ImageShape]) -> ImageShape:
        """Return the shape of the images that ask."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return what ``__init__`` takes."""
        return {**super().get_config(), "heads": self.heads}
