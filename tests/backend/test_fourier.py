import numpy as np
import pytest

from s3f_pipeline.backend.fft import channelwise_product, spectral_product, transforms_by_matrices
from s3f_pipeline.backend.fourier import column_weights, irfft2, rfft2

SIZES = [(8, 6), (7, 6), (8, 5), (5, 7), (4, 2), (3, 1), (1, 4), (96, 75)]


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_spectrum_is_that_of_numpy(height, width):
    x = draw(0, 2, 3, height, width)
    real, imag = rfft2(x)
    expected = np.fft.rfft2(x.astype(np.float64))
    scale = np.abs(expected).max()
    np.testing.assert_allclose(np.array(real) + 1j * np.array(imag), expected, atol=1e-6 * scale)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_inverse_is_that_of_numpy_for_spectra_of_no_real_image_too(height, width):
    shape = (2, height, width // 2 + 1)
    real, imag = draw(1, *shape), draw(2, *shape)
    expected = np.fft.irfft2(real.astype(np.float64) + 1j * imag, s=(height, width))
    np.testing.assert_allclose(irfft2((real, imag), width), expected, atol=1e-6)


@pytest.mark.parametrize(("width", "expected"), [(1, [1]), (2, [1, 1]), (5, [1, 2, 2]), (6, [1, 2, 2, 1])])
def test_columns_stand_for_themselves_and_their_mirror(width, expected):
    assert column_weights(width).tolist() == expected


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("product", "kernels"), [(spectral_product, (3, 4)), (channelwise_product, (3,))])
def test_products_are_the_same_inside_the_block_and_another_path(product, kernels, size):
    height, width = size
    half = (height, width // 2 + 1)
    x, real, imag = draw(1, 2, 3, *size), draw(2, *kernels, *half), draw(3, *kernels, *half)
    native = np.array(product(x, real, imag))
    with transforms_by_matrices():
        ours = np.array(product(x, real, imag))
    np.testing.assert_allclose(ours, native, atol=1e-5)
    if height * width > 1000:
        assert not np.array_equal(ours, native), "both came from the same path"
    np.testing.assert_array_equal(product(x, real, imag), native)
