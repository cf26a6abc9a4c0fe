import keras
import numpy as np
import pytest

from s3f_pipeline.models.layers import SpectralFilter

IMAGE_SHAPES = ["12x10x1", "12x10x3", "9x12x1", "9x12x3", "10x7x1", "7x9x3", "33x40x3"]


def waves(height, width):
    """Angle of each wave (k, m) of the half spectrum at each pixel (y, x), and the weight of each m."""
    k, m = np.arange(height), np.arange(width // 2 + 1)
    y, x = np.arange(height), np.arange(width)
    vertical = np.multiply.outer(k, y)[:, None, :, None] / height
    horizontal = np.multiply.outer(m, x)[None, :, None, :] / width
    its_own_mirror = (m == 0) | (2 * m == width)  # the others stand for their mirror image, too
    return 2 * np.pi * (vertical + horizontal), np.where(its_own_mirror, 1.0, 2.0) / (height * width)


def kernels_of(real, imag, width):
    """Spatial kernels (C, F, H, W) as a plain sum of waves."""
    angle, counts = waves(real.shape[-2], width)
    return np.tensordot(real * counts, np.cos(angle), 2) - np.tensordot(imag * counts, np.sin(angle), 2)


def shifts(height, width):
    return np.ndindex(height, width)


def convolve(x, kernels):
    """Circular convolution by its definition: a sum of rolled images."""
    return sum(
        np.einsum("bchw,cf->bfhw", np.roll(x, shift, axis=(-2, -1)), kernels[..., *shift])
        for shift in shifts(*x.shape[-2:])
    )


def convolve_adjoint(x, kernels, cotangent):
    """Gradients of sum(convolve(x, kernels) * cotangent) by x and by the kernels."""
    by_x = sum(
        np.einsum("bfhw,cf->bchw", np.roll(cotangent, (-dy, -dx), axis=(-2, -1)), kernels[..., dy, dx])
        for dy, dx in shifts(*x.shape[-2:])
    )
    by_kernels = np.empty_like(kernels)
    for shift in shifts(*x.shape[-2:]):
        by_kernels[..., *shift] = np.einsum("bchw,bfhw->cf", np.roll(x, shift, axis=(-2, -1)), cotangent)
    return by_x, by_kernels


def channels_first(images):
    return np.moveaxis(images, -1, 1)


def reference(given):
    """Output and gradients in float64, without any FFT."""
    given = {name: array.astype(np.float64) for name, array in given.items()}
    x, cotangent = channels_first(given["x"]), channels_first(given["cotangent"])
    height, width = x.shape[-2:]
    kernels = kernels_of(given["real"], given["imag"], width)
    by_x, by_kernels = convolve_adjoint(x, kernels, cotangent)
    angle, counts = waves(height, width)
    return {
        "output": np.moveaxis(convolve(x, kernels), 1, -1) + given["bias"],
        "d_x": np.moveaxis(by_x, 1, -1),
        "d_real": counts * np.tensordot(by_kernels, np.cos(angle), ((2, 3), (2, 3))),
        "d_imag": -counts * np.tensordot(by_kernels, np.sin(angle), ((2, 3), (2, 3))),
        "d_bias": given["cotangent"].sum(axis=(0, 1, 2)),
    }


@pytest.mark.parametrize("shape", IMAGE_SHAPES)
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_output_and_gradients_equal_a_circular_convolution(backend, shape, backend_results):
    computed = backend_results(backend)[shape]
    for name, expected in reference(computed).items():
        error = np.abs(computed[name] - expected).max()
        assert error <= 1e-5 * np.abs(expected).max(), f"{name} is off by {error}"


def build(filters, shape):
    layer = SpectralFilter(filters)
    layer.build((None, *shape))
    return layer


def test_weights_have_the_published_shapes_and_range():
    layer = build(32, (64, 50, 3))
    shape = (3, 32, 64, 26)
    assert [tuple(weight.shape) for weight in layer.weights] == [shape, shape, (32,)]
    limit = np.sqrt(6 / (3 * 32 * (64 + 26)))
    for weight in map(keras.ops.convert_to_numpy, (layer.real, layer.imag)):
        assert 0.99 * limit < np.abs(weight).max() <= np.float32(limit)
        assert weight.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert not np.allclose(layer.real, layer.imag)
    assert not np.any(layer.bias)


def test_it_is_described_by_its_config():
    layer = SpectralFilter(7, name="filter")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, SpectralFilter)
    assert again.get_config() == layer.get_config()
    assert again.filters == 7


def test_symbolic_and_computed_shapes_agree():
    layer = SpectralFilter(5)
    assert layer(keras.Input((9, 7, 3))).shape == (None, 9, 7, 5)
    assert layer(np.zeros((2, 9, 7, 3), np.float32)).shape == (2, 9, 7, 5)


def test_mixed_precision_rounds_only_the_output(mixed_bfloat16):
    images = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype(np.float32)
    mixed = build(4, (16, 16, 1))
    full = SpectralFilter(4, dtype="float32")
    full.build((None, 16, 16, 1))
    full.set_weights(mixed.get_weights())
    output = mixed(images)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    np.testing.assert_array_equal(output, keras.ops.cast(full(images), "bfloat16"))


def test_another_image_size_is_refused():
    layer = build(4, (8, 6, 1))
    with pytest.raises(ValueError, match=r"built for images of shape \(8, 6, 1\).*Received.*\(2, 8, 8, 1\)"):
        layer(np.zeros((2, 8, 8, 1), np.float32))


@pytest.mark.parametrize("shape", [(None, 8, 8), (None, None, 8, 1), (None, 8, 8, None)])
def test_images_of_unknown_size_are_refused(shape):
    with pytest.raises(ValueError, match=r"needs images of shape.*Received: input_shape="):
        SpectralFilter(4).build(shape)


def test_no_filters_are_refused():
    with pytest.raises(ValueError, match=r"must be at least 1. Received: filters=0"):
        SpectralFilter(0)
