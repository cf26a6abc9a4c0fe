"""The Fourier transform of real images as products with constant matrices.

Slower than an FFT where sides are long, but made of operations that every runtime of networks has.
"""

import numpy as np
from keras import ops

from s3f_pipeline.backend import Tensor

Spectrum = tuple[Tensor, Tensor]
"""Real and imaginary part."""


def rfft2(x: Tensor) -> Spectrum:
    """Transform images, unnormalised, as ``numpy.fft.rfft2``.

    Args:
        x: float32 of shape (..., H, W) with known H and W, which may be odd.

    Returns:
        The half spectrum, each part float32 of shape (..., H, W // 2 + 1).
    """
    height, width = x.shape[-2:]
    cosine, sine = _waves(width, width // 2 + 1)
    rows = ops.matmul(x, _constant(cosine)), ops.matmul(x, _constant(-sine))
    cosine, sine = _waves(height, height)
    return _of_columns(cosine, -sine, rows)


def irfft2(spectrum: Spectrum, width: int) -> Tensor:
    """Invert ``rfft2``, as ``numpy.fft.irfft2``: of columns that mirror themselves the Hermitian part counts.

    Args:
        spectrum: Each part float32 of shape (..., H, W // 2 + 1) with known H.
        width: W, which may be odd.

    Returns:
        float32 of shape (..., H, W).
    """
    height = spectrum[0].shape[-2]
    cosine, sine = _waves(height, height)
    real, imag = _of_columns(cosine / height, sine / height, spectrum)
    cosine, sine = _waves(width, width // 2 + 1)
    weights = column_weights(width) / width
    return ops.matmul(real, _constant((cosine * weights).T)) - ops.matmul(imag, _constant((sine * weights).T))


def column_weights(width: int) -> np.ndarray:
    """How often each column of a half spectrum stands in the whole one, float64 of shape (W // 2 + 1,)."""
    weights = np.full(width // 2 + 1, 2.0)
    weights[0] = 1
    if width % 2 == 0:
        weights[-1] = 1
    return weights


def _of_columns(real: np.ndarray, imag: np.ndarray, spectrum: Spectrum) -> Spectrum:
    """Multiply each column of a spectrum with a complex matrix (H, H)."""
    of_real, of_imag = spectrum
    real, imag = _constant(real), _constant(imag)
    return (
        ops.matmul(real, of_real) - ops.matmul(imag, of_imag),
        ops.matmul(real, of_imag) + ops.matmul(imag, of_real),
    )


def _waves(length: int, frequencies: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine of 2 pi n k / length, float64 of shape (length, frequencies)."""
    turns = np.outer(np.arange(length), np.arange(frequencies)) % length  # exact, before it is divided
    angles = 2 * np.pi * turns / length
    return np.cos(angles), np.sin(angles)


def _constant(values: np.ndarray) -> Tensor:
    return ops.convert_to_tensor(values.astype(np.float32))
