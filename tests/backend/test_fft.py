import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from s3f_pipeline.backend import fft
from s3f_pipeline.backend.fft import channelwise_product, general_product, hermitian_part, spectral_product

tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="takes gradients with TensorFlow"
)
PRODUCTS = [(spectral_product, (3, 4)), (channelwise_product, (3,))]
SIZES = [(8, 6), (7, 6), (8, 5), (5, 7), (4, 2), (3, 1)]


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def half_spectrum_of_shift(height, width, rows, columns):
    """Half spectrum of a kernel that is 1 at (rows, columns) and 0 elsewhere."""
    vertical = np.arange(height)[:, None] * rows / height
    horizontal = np.arange(width // 2 + 1)[None, :] * columns / width
    phase = -2 * np.pi * (vertical + horizontal)
    return np.cos(phase)[None, None].astype(np.float32), np.sin(phase)[None, None].astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    rows=st.integers(-9, 9),
    columns=st.integers(-9, 9),
)
def test_a_kernel_with_a_single_one_moves_the_image_around_the_torus(height, width, rows, columns):
    image = draw(0, 1, 1, height, width)
    moved = spectral_product(image, *half_spectrum_of_shift(height, width, rows, columns))
    np.testing.assert_allclose(moved, np.roll(image, (rows, columns), axis=(-2, -1)), atol=1e-5)


@tensorflow_only
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_general_path_equals_the_native_one_forward_and_backward(height, width, channels):
    import tensorflow as tf

    half = width // 2 + 1
    inputs = [tf.constant(draw(1, 2, channels, height, width))]
    inputs += [tf.constant(draw(seed, channels, 4, height, half)) for seed in (2, 3)]
    weights = draw(4, 2, 4, height, width)

    def general(x, real, imag):
        return general_product(x, (hermitian_part(real, width, 1), hermitian_part(imag, width, -1)))

    def value_and_gradients(product):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = product(*inputs)
            total = tf.reduce_sum(value * weights)
        return [value, *tape.gradient(total, inputs)]

    for ours, native in zip(value_and_gradients(general), value_and_gradients(spectral_product), strict=True):
        np.testing.assert_allclose(ours, native, atol=2e-6 * np.abs(native).max())


@pytest.mark.parametrize(("product", "kernels"), PRODUCTS)
def test_a_backend_without_a_path_of_its_own_takes_the_general_one(product, kernels, monkeypatch):
    x, real, imag = draw(1, 2, 3, 5, 6), draw(2, *kernels, 5, 4), draw(3, *kernels, 5, 4)
    native = product(x, real, imag)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    general = product(x, real, imag)
    np.testing.assert_allclose(general, native, atol=1e-5)
    assert not np.array_equal(general, native), "both came from the same path"


@pytest.mark.parametrize(("product", "kernels"), PRODUCTS)
def test_on_a_gpu_only_the_hermitian_part_of_kernels_is_transformed(product, kernels, monkeypatch):
    x, real, imag = draw(1, 2, 3, 5, 6), draw(2, *kernels, 5, 4), draw(3, *kernels, 5, 4)
    on_cpu = product(x, real, imag)
    monkeypatch.setattr(fft, "on_gpu", lambda: True)
    np.testing.assert_allclose(product(x, real, imag), on_cpu, atol=1e-5)
    monkeypatch.setattr(fft, "hermitian_part", lambda part, width, sign: 0 * part)
    assert not np.any(product(x, real, imag)), "kernels reach the transform by another way"


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_hermitian_part_is_the_spectrum_of_a_real_image(height, width):
    shape = (height, width // 2 + 1)
    real, imag = draw(1, *shape), draw(2, *shape)
    taken = np.array(hermitian_part(real, width, 1)) + 1j * np.array(hermitian_part(imag, width, -1))
    image = np.fft.irfft2(real + 1j * imag, s=(height, width))
    np.testing.assert_allclose(taken, np.fft.rfft2(image), atol=1e-5)


@tensorflow_only
def test_the_gradient_passes_the_hermitian_part_unchanged():
    import tensorflow as tf

    part = tf.constant(draw(1, 4, 3))
    weights = draw(2, 4, 3)
    with tf.GradientTape() as tape:
        tape.watch(part)
        total = ops.sum(hermitian_part(part, 4, 1) * weights)
    np.testing.assert_array_equal(tape.gradient(total, part), weights)
