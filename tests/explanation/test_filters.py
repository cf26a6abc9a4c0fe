import keras
import numpy as np
import pytest

from s3f_pipeline.explanation.filters import filters_block, magnitudes, most_changed, whole_spectrum
from s3f_pipeline.models.layers import CompactSpectralFilter, SpectralFilter


def kernels(layer, shape):
    """Spectra of the kernels of a filter: what it answers to a single bright pixel, channel by channel."""
    found = []
    for channel in range(shape[-1]):
        impulse = np.zeros((1, *shape), np.float32)
        impulse[0, 0, 0, channel] = 1
        answer = np.asarray(layer(impulse))[0] - np.asarray(layer(np.zeros_like(impulse)))[0]
        found.append(np.fft.fft2(answer, axes=(0, 1)))
    return np.stack(found)


@pytest.mark.parametrize("kind", [SpectralFilter, CompactSpectralFilter])
@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 12, 3), (12, 7, 2)])
def test_magnitudes_are_those_of_what_the_filter_does(kind, shape):
    keras.utils.set_random_seed(0)
    images = keras.Input(shape)
    layer = kind(5)
    layer(images)
    expected = np.abs(kernels(layer, shape)).mean(axis=0).transpose(2, 0, 1)
    found = magnitudes(layer, *shape[:2])
    np.testing.assert_allclose(found, expected[:, :, : shape[1] // 2 + 1], atol=1e-5)
    whole = np.stack([whole_spectrum(each, shape[1]) for each in found])
    np.testing.assert_allclose(whole, np.fft.fftshift(expected, axes=(1, 2)), atol=1e-5)


def test_profiles_stand_beside_those_of_before():
    half = np.ones((3, 8, 5), np.float32)
    block = filters_block([half], {"spectral_filter1": 2 * half}, 8)
    assert block["spectral_filter1"]["initial"] == [1] * 5
    assert block["spectral_filter1"]["learned"] == [2] * 5
    assert filters_block(None, {"spectral_filter1": half}, 8)["spectral_filter1"]["initial"] is None


def test_filters_that_changed_most_come_first():
    initial = np.zeros((3, 4, 3), np.float32)
    learned = initial + np.array([1, 3, 2], np.float32)[:, None, None]
    assert most_changed(initial, learned).tolist() == [1, 2, 0]


def test_another_layer_is_refused():
    layer = keras.layers.Dense(3)
    layer(keras.Input((8, 8, 1)))
    layer.filters = 3
    with pytest.raises(TypeError, match="is no spectral filter"):
        magnitudes(layer, 8, 8)
