import numpy as np
import pytest

from s3f_pipeline.explanation.bands import Band, bands_of, spectra_of, without_band
from s3f_pipeline.explanation.radial import octaves, radial_frequency, radial_profile

SHAPES = [(8, 8), (9, 12), (12, 9), (7, 5)]


def by_loops(image, low, high):
    """Take a band out of one channel by the whole spectrum, coefficient by coefficient."""
    height, width = image.shape
    spectrum = np.fft.fft2(image)
    for row in range(height):
        for column in range(width):
            k = row if row <= height / 2 else row - height
            m = column if column <= width / 2 else column - width
            if low < (k * k + m * m) ** 0.5 <= high and (row, column) != (0, 0):
                spectrum[row, column] = 0
    inverse = np.fft.ifft2(spectrum)
    assert abs(inverse.imag).max() < 1e-12
    return inverse.real


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize(("low", "high"), [(2, np.inf), (0, 2), (2, 4), (1.5, 3), (0, np.inf)])
def test_a_band_is_taken_out_as_from_the_whole_spectrum(height, width, low, high):
    images = np.random.default_rng(0).uniform(size=(2, height, width, 3)).astype(np.float32)
    left = without_band(spectra_of(images), width, Band("band_stop", low, high))
    for number in range(2):
        for channel in range(3):
            expected = by_loops(images[number, :, :, channel].astype(np.float64), low, high)
            np.testing.assert_allclose(left[number, :, :, channel], expected, atol=1e-5)
    np.testing.assert_allclose(left.mean(axis=(1, 2)), images.mean(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_what_two_bands_take_out_adds_up(height, width):
    images = np.random.default_rng(1).uniform(size=(1, height, width, 1)).astype(np.float32)
    spectra, mean = spectra_of(images), images.mean()
    low = without_band(spectra, width, Band("low_pass", 2, np.inf))
    high = without_band(spectra, width, Band("high_pass", 0, 2))
    np.testing.assert_allclose(low + high - mean, images, atol=1e-5)


def test_borders_are_the_same_at_any_resolution():
    assert octaves(64, 64) == [2, 4, 8, 16, 32]
    assert octaves(256, 256) == [2, 4, 8, 16, 32, 64, 128]
    assert octaves(48, 64)[:3] == [2, 4, 8]
    bands = bands_of(8, 8)
    assert [(band.kind, band.low, band.high) for band in bands] == [
        ("low_pass", 2, np.inf),
        ("low_pass", 4, np.inf),
        ("high_pass", 0, 2),
        ("high_pass", 0, 4),
        ("band_stop", 0, 2),
        ("band_stop", 2, 4),
        ("band_stop", 4, np.inf),
    ]


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_a_profile_is_the_mean_over_rings_of_the_whole_spectrum(height, width):
    image = np.random.default_rng(2).uniform(size=(height, width))
    half = np.abs(np.fft.rfft2(image))
    whole = np.abs(np.fft.fft2(image))
    k, m = (np.fft.fftfreq(side, 1 / side) for side in (height, width))
    rings = np.floor(np.hypot(k[:, None], m[None, :]) + 0.5)
    expected = [whole[rings == ring].mean() for ring in range(min(height, width) // 2 + 1)]
    np.testing.assert_allclose(radial_profile(half, width), expected)
    assert radial_frequency(height, width).shape == half.shape
