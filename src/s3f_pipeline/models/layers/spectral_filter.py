"""Learnable filters of image size, applied in the frequency domain."""

from typing import Any

import keras
from keras import ops

from s3f_pipeline.backend import Tensor
from s3f_pipeline.backend.fft import spectral_product

ImageShape = tuple[int | None, int, int, int]
"""(batch, height, width, channels)."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class SpectralFilter(keras.layers.Layer):
    """Multiplies the spectra of images with learnable filters, one per pair of channels.

    ``y[f] = irfft2(sum_c rfft2(x[c]) * (real[c, f] + i imag[c, f])) + bias[f]``

    This is a circular convolution of the whole image with ``filters`` kernels of the image's own size
    (S3F-Net, arXiv 2509.23442, SpectralFilter). The weights are tied to that size. The FFT is computed in
    float32 whatever the dtype policy; the output has the compute dtype of the policy.

    Example:
    >>> x = keras.random.uniform((2, 64, 64, 1))
    >>> tuple(SpectralFilter(32)(x).shape)
    (2, 64, 64, 32)

    Args:
        filters: Number of output channels, F.
        **kwargs: ``name``, ``dtype`` and ``trainable`` of a Keras layer.

    Input shape:
        (batch, H, W, C), channels last; H and W may be odd.

    Output shape:
        (batch, H, W, filters).

    Weights:
        ``real`` and ``imag`` of shape (C, filters, H, W // 2 + 1), Glorot-uniform over that shape, and
        ``bias`` of shape (filters,), zeros, added in the spatial domain.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # images reach the FFT as they are
        if filters < 1:
            raise ValueError(f"`filters` must be at least 1. Received: filters={filters}")
        self.filters = filters

    def build(self, input_shape: ImageShape) -> None:
        """Create the weights for images of this size."""
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "SpectralFilter needs images of shape (batch, height, width, channels) with known height, "
                f"width and channels. Received: input_shape={input_shape}"
            )
        _, height, width, channels = input_shape
        self.image_shape = (height, width, channels)
        shape = (channels, self.filters, height, width // 2 + 1)
        self.real = self.add_weight(shape=shape, initializer="glorot_uniform", autocast=False, name="real")
        self.imag = self.add_weight(shape=shape, initializer="glorot_uniform", autocast=False, name="imag")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", autocast=False, name="bias")

    def call(self, inputs: Tensor) -> Tensor:
        """Filter images."""
        if tuple(inputs.shape[1:]) != self.image_shape:
            raise ValueError(
                f"SpectralFilter '{self.name}' was built for images of shape {self.image_shape}; its weights "
                f"have the size of their spectrum. Received: inputs.shape={tuple(inputs.shape)}"
            )
        images = ops.transpose(ops.cast(inputs, "float32"), (0, 3, 1, 2))
        filtered = spectral_product(images, ops.cast(self.real, "float32"), ops.cast(self.imag, "float32"))
        filtered = ops.transpose(filtered, (0, 2, 3, 1)) + ops.cast(self.bias, "float32")
        return ops.cast(filtered, self.compute_dtype)

    def compute_output_shape(self, input_shape: ImageShape) -> ImageShape:
        """Return the input shape with ``filters`` channels."""
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return what ``__init__`` takes."""
        return {**super().get_config(), "filters": self.filters}
