"""Spectral filters with few weights, for images of any size."""

from typing import Any

import keras
import numpy as np
from keras import ops

from s3f_pipeline.backend import Tensor
from s3f_pipeline.backend.fft import channelwise_product, spectral_product

ImageShape = tuple[int | None, int | None, int | None, int]
"""(batch, height, width, channels)."""
HIGHEST_FREQUENCY = 256
"""Cycles per image at the outermost node of the grid: the Nyquist frequency of 512 pixels."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class CompactSpectralFilter(keras.layers.Layer):
    """Multiplies spectra with filters that are learned on a small grid of frequencies, low-rank in channels.

    ``y[f] = sum_r B[r, f] irfft2(rfft2(sum_c A[c, r] x[c]) * G[r]) + bias[f]``

    This is a ``SpectralFilter`` whose kernels are ``K[c, f] = sum_r A[c, r] B[r, f] G[r]``. Each of the
    ``rank`` spectra ``G[r]`` is given at the nodes of a grid and interpolated linearly in between. Nodes
    are evenly spaced in log2(1 + k) for a frequency of k cycles per image, so that low frequencies, where
    images have most of their energy, are told apart finely. As k counts cycles per image, the same weights
    mean the same for the same picture at any resolution.

    Spectra begin as smooth complex noise with a mean square of 1 at the nodes. The FFT is computed in
    float32, channels are mixed in the compute dtype of the policy.

    Example:
    >>> layer = CompactSpectralFilter(64, rank=16)
    >>> tuple(layer(keras.random.uniform((2, 64, 64, 32))).shape)
    (2, 64, 64, 64)
    >>> tuple(layer(keras.random.uniform((2, 96, 128, 32))).shape)
    (2, 96, 128, 64)

    Args:
        filters: Number of output channels, F.
        rank: Number of spectra, R.
        nodes: Nodes from frequency 0 to the highest one, N; negative frequencies have as many.
        **kwargs: ``name``, ``dtype`` and ``trainable`` of a Keras layer.

    Input shape:
        (batch, H, W, C), channels last; any H and W, also odd ones.

    Output shape:
        (batch, H, W, filters).

    Weights:
        ``mix_in`` (C, R) and ``mix_out`` (R, filters), Glorot-uniform; ``real`` and ``imag``
        (R, 2 N - 1, N), normal with variance 1/2; ``bias`` (filters,), zeros.
    """

    def __init__(self, filters: int, *, rank: int = 16, nodes: int = 16, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        for name, value, least in (("filters", filters, 1), ("rank", rank, 1), ("nodes", nodes, 2)):
            if value < least:
                raise ValueError(f"`{name}` must be at least {least}. Received: {name}={value}")
        self.filters, self.rank, self.nodes = filters, rank, nodes

    def build(self, input_shape: ImageShape) -> None:
        """Create the weights, which do not depend on the size of the images."""
        if len(input_shape) != 4 or input_shape[-1] is None:
            raise ValueError(
                "CompactSpectralFilter needs images of shape (batch, height, width, channels) with known "
                f"channels. Received: input_shape={input_shape}"
            )
        grid = (self.rank, 2 * self.nodes - 1, self.nodes)
        noise = {"initializer": keras.initializers.RandomNormal(stddev=0.5**0.5), "autocast": False}
        mixing = {"initializer": "glorot_uniform", "autocast": False}
        self.mix_in = self.add_weight(shape=(input_shape[-1], self.rank), name="mix_in", **mixing)
        self.mix_out = self.add_weight(shape=(self.rank, self.filters), name="mix_out", **mixing)
        self.real = self.add_weight(shape=grid, name="real", **noise)
        self.imag = self.add_weight(shape=grid, name="imag", **noise)
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", autocast=False, name="bias")

    def call(self, inputs: Tensor) -> Tensor:
        """Filter images."""
        kernel = tuple(self._interpolate(grid.value, *inputs.shape[1:3]) for grid in (self.real, self.imag))
        if inputs.shape[-1] < self.rank:  # fewer transforms if channels are mixed within the spectrum
            mix = self.mix_in.value[:, :, None, None]
            filtered = spectral_product(_channels_first(inputs), *(mix * part for part in kernel))
        else:
            mixed = ops.matmul(ops.cast(inputs, self.compute_dtype), self._mixing(self.mix_in))
            filtered = channelwise_product(_channels_first(mixed), *kernel)
        filtered = ops.cast(ops.transpose(filtered, (0, 2, 3, 1)), self.compute_dtype)
        return ops.matmul(filtered, self._mixing(self.mix_out)) + self._mixing(self.bias)

    def compute_output_shape(self, input_shape: ImageShape) -> ImageShape:
        """Return the input shape with ``filters`` channels."""
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return what ``__init__`` takes."""
        return {**super().get_config(), "filters": self.filters, "rank": self.rank, "nodes": self.nodes}

    def _mixing(self, weight: keras.Variable) -> Tensor:
        return ops.cast(weight, self.compute_dtype)

    def _interpolate(self, grid: Tensor, height: int, width: int) -> Tensor:
        """Evaluate grids (R, 2 N - 1, N) at the frequencies of a half spectrum: (R, H, W // 2 + 1)."""
        rows = interpolation(np.fft.fftfreq(height, 1 / height), self.nodes, negative=True)
        columns = interpolation(np.fft.rfftfreq(width, 1 / width), self.nodes, negative=False)
        return ops.matmul(ops.matmul(rows, grid), columns.T)


def _channels_first(images: Tensor) -> Tensor:
    return ops.transpose(ops.cast(images, "float32"), (0, 3, 1, 2))


def interpolation(frequencies: np.ndarray, nodes: int, *, negative: bool) -> np.ndarray:
    """Weights of linear interpolation in log2(1 + k).

    Args:
        frequencies: Cycles per image, of shape (n,); beyond the outermost node its value holds.
        nodes: Nodes from 0 to ``HIGHEST_FREQUENCY``.
        negative: Whether nodes of negative frequencies, mirrored, come before those.

    Returns:
        float32 of shape (n, nodes), or (n, 2 nodes - 1) with negative ones; rows sum to 1.
    """
    scaled = np.log2(1 + np.abs(frequencies)) / np.log2(1 + HIGHEST_FREQUENCY) * (nodes - 1)
    position = np.sign(frequencies) * np.minimum(scaled, nodes - 1) + (nodes - 1 if negative else 0)
    count = 2 * nodes - 1 if negative else nodes
    distance = np.abs(position[:, None] - np.arange(count))
    return np.maximum(1 - distance, 0).astype(np.float32)
