"""Circular convolution with kernels of image size, computed in the frequency domain."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
import numpy as np
from keras import ops

from s3f_pipeline.backend import Tensor, fourier
from s3f_pipeline.backend.devices import on_gpu
from s3f_pipeline.backend.fourier import Spectrum

_by_matrices: ContextVar[bool] = ContextVar("by_matrices", default=False)


@contextmanager
def transforms_by_matrices() -> Iterator[None]:
    """Compute transforms as products with constant matrices, in what is called or traced inside the block.

    Of such operations alone is a network made that leaves Keras, see ``s3f_pipeline.export``.
    """
    before = _by_matrices.set(True)
    try:
        yield
    finally:
        _by_matrices.reset(before)


def _transformer() -> str:
    """Whose transform is taken: that of a Keras backend, or of ``matrices``."""
    return "matrices" if _by_matrices.get() else str(keras.backend.backend())


def spectral_product(x: Tensor, real: Tensor, imag: Tensor) -> Tensor:
    """Multiply the spectra of images with kernels, sum over input channels, and transform back.

    ``y[b, f] = irfft2(sum_c rfft2(x[b, c]) * (real[c, f] + i imag[c, f]))`` with unnormalised ``rfft2``,
    that is, the sum over c of the circular convolutions of ``x[b, c]`` with the kernel whose half
    spectrum is given (convolution theorem). TensorFlow and JAX use their own FFT; any other backend,
    and ``transforms_by_matrices``, takes the general path through ``keras.ops``.

    Args:
        x: float32 of shape (B, C, H, W) with known C, H and W; H and W may be odd.
        real: Real part of the half spectra of the kernels, float32 of shape (C, F, H, W // 2 + 1).
        imag: Imaginary part, of the same shape.

    Returns:
        float32 of shape (B, F, H, W).
    """
    kernel = real, imag
    if on_gpu():
        kernel = hermitian_part(real, x.shape[-1], sign=1), hermitian_part(imag, x.shape[-1], sign=-1)
    match _transformer():
        case "tensorflow":
            return _tensorflow_product(x, kernel)
        case "jax":
            return _jax_product(x, kernel)
        case _:
            return general_product(x, kernel)


def channelwise_product(x: Tensor, real: Tensor, imag: Tensor) -> Tensor:
    """Multiply the spectrum of each channel with one kernel, and transform back.

    ``y[b, c] = irfft2(rfft2(x[b, c]) * (real[c] + i imag[c]))``: ``spectral_product`` without a sum over
    channels.

    Args:
        x: float32 of shape (B, C, H, W) with known C, H and W; H and W may be odd.
        real: Real part of the half spectra of the kernels, float32 of shape (C, H, W // 2 + 1).
        imag: Imaginary part, of the same shape.

    Returns:
        float32 of shape (B, C, H, W).
    """
    width = x.shape[-1]
    kernel = real, imag
    if on_gpu():
        kernel = hermitian_part(real, width, sign=1), hermitian_part(imag, width, sign=-1)
    match _transformer():
        case "tensorflow":
            return _tensorflow_channelwise(x, kernel)
        case "jax":
            import jax

            product = jax.numpy.fft.rfft2(x) * jax.lax.complex(*kernel)
            return jax.numpy.fft.irfft2(product, x.shape[-2:])
        case _:
            real, imag = _rfft2(x)
            product = (real * kernel[0] - imag * kernel[1], real * kernel[1] + imag * kernel[0])
            return _irfft2(product, width)


def hermitian_part(part: Tensor, width: int, sign: int) -> Tensor:
    """Take what is redundant out of the real or imaginary part of the half spectrum of a real image.

    The DC column and, for an even width, the Nyquist column mirror themselves: row k is the complex
    conjugate of row -k. Inverse transforms differ in what they make of columns that do not (NumPy, and
    TensorFlow and JAX on the CPU, take the Hermitian part; cuFFT's multi-dimensional transform does
    not). Free weights rarely mirror themselves, so the Hermitian part is taken here, once for all devices.

    The gradient passes unchanged: that of a real image's spectrum is Hermitian already.

    Args:
        part: Of shape (..., H, W // 2 + 1).
        width: W, the width of the image.
        sign: 1 for a real part, which is even in the frequency, -1 for an imaginary part, which is odd.

    Returns:
        Of the same shape.
    """

    def mirrored_mean(column: Tensor) -> Tensor:
        return (column + sign * ops.roll(ops.flip(column, axis=-2), 1, axis=-2)) / 2

    nyquist = [] if width % 2 else [mirrored_mean(part[..., -1:])]
    inner = part[..., 1 : part.shape[-1] - len(nyquist)]
    hermitian = ops.concatenate([mirrored_mean(part[..., :1]), inner, *nyquist], axis=-1)
    return part + ops.stop_gradient(hermitian - part)


def general_product(x: Tensor, kernel: Spectrum) -> Tensor:
    """Compute the spectral product from operations that any backend has."""
    real, imag = _rfft2(x)
    product = (
        _multiply(ops.einsum, real, kernel[0]) - _multiply(ops.einsum, imag, kernel[1]),
        _multiply(ops.einsum, real, kernel[1]) + _multiply(ops.einsum, imag, kernel[0]),
    )
    return _irfft2(product, width=x.shape[-1])


def _tensorflow_product(x: Tensor, kernel: Spectrum) -> Tensor:
    """Compute the spectral product with TensorFlow's FFT and without its gradient.

    That of ``irfft2d`` scales each spectrum of the batch by column; here the scale is left to the kernel's
    gradient, which has no batch. ``tf.signal.irfft2d`` pads its input first, which takes longer than the
    transform, so that the operation itself is called.
    """
    import tensorflow as tf

    return _tensorflow_filter(
        x,
        kernel,
        multiply=lambda spectrum, kernel: _multiply(tf.einsum, spectrum, kernel),
        of_x=lambda upstream, kernel: _sum_over("f", tf, upstream, kernel),
        of_kernel=lambda upstream, spectrum: _sum_over("b", tf, upstream, spectrum),
    )


def _tensorflow_channelwise(x: Tensor, kernel: Spectrum) -> Tensor:
    """Compute the channelwise product in the way of ``_tensorflow_product``."""
    import tensorflow as tf

    return _tensorflow_filter(
        x,
        kernel,
        multiply=lambda spectrum, kernel: spectrum * kernel,
        of_x=lambda upstream, kernel: upstream * kernel,
        of_kernel=lambda upstream, spectrum: tf.reduce_sum(upstream * spectrum, axis=0),
    )


def _tensorflow_filter(
    x: Tensor,
    kernel: Spectrum,
    multiply: Callable[[Tensor, Tensor], Tensor],
    of_x: Callable[[Tensor, Tensor], Tensor],
    of_kernel: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """Transform, ``multiply``, transform back; gradients from the conjugates of the other factor."""
    import tensorflow as tf

    height, width = x.shape[-2:]

    def inverse(spectrum: Tensor) -> Tensor:
        return tf.raw_ops.IRFFT2D(input=spectrum, fft_length=[height, width])

    @tf.custom_gradient
    def product(x: Tensor, kernel: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
        spectrum = tf.signal.rfft2d(x)

        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            upstream = tf.signal.rfft2d(upstream)
            gradient_of_kernel = of_kernel(upstream, tf.math.conj(spectrum))
            return (
                inverse(of_x(upstream, tf.math.conj(kernel))),
                gradient_of_kernel * fourier.column_weights(width).astype(np.complex64) / (height * width),
            )

        return inverse(multiply(spectrum, kernel)), gradient

    return product(x, tf.complex(*kernel))


def _jax_product(x: Tensor, kernel: Spectrum) -> Tensor:
    import jax

    product = _multiply(jax.numpy.einsum, jax.numpy.fft.rfft2(x), jax.lax.complex(*kernel))
    return jax.numpy.fft.irfft2(product, x.shape[-2:])


def _multiply(einsum: Callable[..., Tensor], spectrum: Tensor, kernel: Tensor) -> Tensor:
    """Multiply (B, C, H, W') with (C, F, H, W') and sum over C; for one channel broadcasting is faster."""
    if kernel.shape[0] == 1:
        return spectrum * kernel[0]
    return einsum("bchw,cfhw->bfhw", spectrum, kernel)


def _sum_over(axis: str, tf: Any, upstream: Tensor, factor: Tensor) -> Tensor:
    """Multiply (B, F, H, W') with (C, F, H, W') and sum over F, or with (B, C, H, W') and sum over B."""
    if axis == "f":
        if factor.shape[0] == 1:
            return tf.reduce_sum(upstream * factor, axis=1, keepdims=True)
        return tf.einsum("bfhw,cfhw->bchw", upstream, factor)
    if factor.shape[1] == 1:
        return tf.reduce_sum(upstream * factor, axis=0, keepdims=True)
    return tf.einsum("bfhw,bchw->cfhw", upstream, factor)


def _rfft2(x: Tensor) -> Spectrum:
    if _by_matrices.get():
        return fourier.rfft2(x)
    return _fft_of_columns(ops.rfft(x))


def _irfft2(spectrum: Spectrum, width: int) -> Tensor:
    """Invert ``_rfft2``; ifft(z) = conj(fft(conj(z))) / H, as ``keras.ops`` has no 1-D ifft."""
    if _by_matrices.get():
        return fourier.irfft2(spectrum, width)
    real, imag = spectrum
    height = real.shape[-2]
    real, imag = _fft_of_columns((real, -imag))
    return ops.irfft((real / height, -imag / height), fft_length=width)


def _fft_of_columns(spectrum: Spectrum) -> Spectrum:
    real, imag = ops.fft(tuple(ops.swapaxes(part, -1, -2) for part in spectrum))
    return ops.swapaxes(real, -1, -2), ops.swapaxes(imag, -1, -2)
