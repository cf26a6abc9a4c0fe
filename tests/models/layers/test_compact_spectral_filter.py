import keras
import numpy as np
import pytest
from rounding import assert_off_by_rounding

from s3f_pipeline.models.layers import CompactSpectralFilter
from s3f_pipeline.models.layers.compact_spectral_filter import HIGHEST_FREQUENCY, interpolation


def build(filters, channels, **options):
    layer = CompactSpectralFilter(filters, **options)
    layer.build((None, None, None, channels))
    return layer


def draw(layer, seed=0):
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])


def value_at(grid, k, m, nodes):
    """A grid (2 N - 1, N) at the frequency (k, m), by NumPy's own interpolation."""
    halves = np.linspace(0, np.log2(1 + HIGHEST_FREQUENCY), nodes)
    both = np.concatenate([-halves[:0:-1], halves])
    rows = np.array([np.interp(np.log2(1 + m), halves, row) for row in grid])
    return np.interp(np.sign(k) * np.log2(1 + abs(k)), both, rows)


def reference(layer, images):
    """In float64 with NumPy's FFT, one pair of channels and one frequency after the other."""
    mix_in, mix_out, real, imag, bias = (weight.numpy().astype(np.float64) for weight in layer.weights)
    _, height, width, _ = images.shape
    mixed = np.moveaxis(images.astype(np.float64) @ mix_in, -1, 1)
    kernels = np.array(
        [
            [
                [
                    value_at(re, k, m, layer.nodes) + 1j * value_at(im, k, m, layer.nodes)
                    for m in range(width // 2 + 1)
                ]
                for k in np.fft.fftfreq(height, 1 / height)
            ]
            for re, im in zip(real, imag, strict=True)
        ]
    )
    filtered = np.fft.irfft2(np.fft.rfft2(mixed) * kernels, s=(height, width))
    return np.moveaxis(filtered, 1, -1) @ mix_out + bias


@pytest.mark.parametrize("shape", [(12, 10, 1), (9, 7, 3)])
def test_it_equals_the_formula(shape):
    layer = build(5, shape[-1], rank=3, nodes=4)
    draw(layer)
    images = np.random.default_rng(1).uniform(size=(2, *shape)).astype(np.float32)
    expected = reference(layer, images)
    np.testing.assert_allclose(layer(images), expected, atol=1e-5 * np.abs(expected).max())


def test_gradients_point_where_the_output_goes():
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("gradients are taken with TensorFlow's tape")
    layer = build(2, 3, rank=2, nodes=3)
    draw(layer)
    rng = np.random.default_rng(2)
    images, cotangent = rng.normal(size=(2, 6, 7, 3)), rng.normal(size=(2, 6, 7, 2))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(tf.constant(images, tf.float32)) * cotangent.astype(np.float32))
    gradients = tape.gradient(total, [weight.value for weight in layer.weights])
    values = layer.get_weights()
    for number, gradient in enumerate(gradients):
        direction = rng.normal(size=values[number].shape)
        sums = []
        for step in (1e-3, -1e-3):
            layer.set_weights([v + step * direction if n == number else v for n, v in enumerate(values)])
            sums.append((reference(layer, images) * cotangent).sum())
        numeric = (sums[0] - sums[1]) / 2e-3
        assert np.sum(gradient.numpy() * direction) == pytest.approx(numeric, rel=2e-3)


def test_the_same_weights_filter_a_finer_image_of_the_same_picture_alike():
    layer = build(4, 1)
    draw(layer)

    def picture(size):
        x = np.arange(size) / size
        waves = np.cos(2 * np.pi * (3 * x[:, None] + 2 * x)) + np.sin(2 * np.pi * (x[:, None] - 5 * x))
        return waves[None, :, :, None].astype(np.float32)

    coarse, fine = layer(picture(32)).numpy(), layer(picture(96)).numpy()
    np.testing.assert_allclose(fine[:, ::3, ::3], coarse, atol=1e-4)


@pytest.mark.parametrize("size", [8, 29, 1024])
def test_interpolation_weights_sum_to_one(size):
    for frequencies, negative in (
        (np.fft.fftfreq(size, 1 / size), True),
        (np.fft.rfftfreq(size, 1 / size), False),
    ):
        weights = interpolation(frequencies, 16, negative=negative)
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
        assert (weights >= 0).all()


def test_it_is_described_by_its_config():
    layer = CompactSpectralFilter(7, rank=3, nodes=5, name="filter")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, CompactSpectralFilter)
    assert again.get_config() == layer.get_config()


def test_mixed_precision(mixed_bfloat16):
    layer = build(4, 1)
    draw(layer)
    images = np.random.default_rng(1).uniform(size=(1, 8, 8, 1)).astype(np.float32)
    output = layer(images)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    found = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
    mix_in, mix_out, real, imag, bias = layer.get_weights()

    def mixed_by(mix_out, bias):
        """What comes before, with a single channel, is float32."""
        layer.set_weights([mix_in, mix_out, real, imag, bias])
        return reference(layer, images)

    roundings = 2 + 16 + 2  # both factors, partial sums over the 16 spectra, bias, sum with it
    assert_off_by_rounding(found, mixed_by, [mix_out, bias], roundings)


@pytest.mark.parametrize("wrong", [{"filters": 0}, {"filters": 2, "rank": 0}, {"filters": 2, "nodes": 1}])
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be at least .* Received"):
        CompactSpectralFilter(**wrong)


def test_unknown_channels_are_refused():
    with pytest.raises(ValueError, match=r"with known channels\. Received"):
        CompactSpectralFilter(2).build((None, 8, 8, None))
