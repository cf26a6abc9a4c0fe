import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.models.layers import FrequencyBands


def doubled(x, height, width):
    return x.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]


def halved(x):
    """By loops over the definition; at an odd edge over the pixels there are."""
    rows, columns = (range(0, size, 2) for size in x.shape[1:3])
    return np.stack(
        [
            np.stack([x[:, row : row + 2, column : column + 2].mean(axis=(1, 2)) for column in columns], 1)
            for row in rows
        ],
        1,
    )


def reference(x, number):
    bands = []
    for _ in range(number - 1):
        half = halved(x)
        bands.append(x - doubled(half, *x.shape[1:3]))
        x = half
    return [*bands, x]


def bands_of(x, number):
    return [keras.ops.convert_to_numpy(band) for band in FrequencyBands(number)(x)]


def at_full_size(bands):
    """Each band at the size of the first."""
    full = []
    for number, band in enumerate(bands):
        for larger in reversed(bands[:number]):
            band = doubled(band, *larger.shape[1:3])
        full.append(band)
    return full


@given(st.integers(1, 13), st.integers(1, 13), st.integers(1, 4))
def test_bands_are_differences_of_averages_and_add_up(height, width, number):
    x = np.random.default_rng(0).normal(size=(2, height, width, 3)).astype(np.float32)
    bands = bands_of(x, number)
    for found, expected in zip(bands, reference(x.astype(np.float64), number), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(sum(at_full_size(bands)), x, atol=1e-5)
    assert [band.shape for band in bands] == FrequencyBands(number).compute_output_shape(x.shape)


def test_bands_share_the_energy():
    x = np.random.default_rng(0).normal(size=(2, 16, 24, 3)).astype(np.float32)
    bands = at_full_size(bands_of(x, 3))
    assert sum(np.sum(band**2) for band in bands) == pytest.approx(np.sum(x**2), rel=1e-5)


@pytest.mark.parametrize(("wavelength", "band"), [(2, 0), (4, 1), (32, 2)])
def test_a_wave_lies_in_its_band(wavelength, band):
    angle = 2 * np.pi * (np.arange(32) + 0.5) / wavelength
    x = np.broadcast_to(np.sign(np.sin(angle))[None, None, :, None], (1, 32, 32, 1)).astype(np.float32)
    energy = [np.mean(each**2) for each in at_full_size(bands_of(x, 3))]
    assert energy[band] > 0.99 * sum(energy)


def test_symbolic_shapes():
    shapes = [band.shape for band in FrequencyBands(3)(keras.Input((33, 47, 2)))]
    assert shapes == [(None, 33, 47, 2), (None, 17, 24, 2), (None, 9, 12, 2)]


def test_no_bands_are_refused():
    with pytest.raises(ValueError, match=r"at least 1. Received: bands=0"):
        FrequencyBands(0)
