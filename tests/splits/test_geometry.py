import cv2
import numpy as np
import pytest
from scipy.fft import dctn

from s3f_pipeline.splits.geometry import (
    ORIENTATIONS,
    REGIONS,
    RELATIONS,
    WHOLE,
    Region,
    to_region,
    turned,
    turned_frequencies,
)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(3, 12, 12)).astype(np.float32)


def test_orientations_are_the_eight_of_a_square(images):
    seen = {turned(images, orientation).tobytes() for orientation in range(ORIENTATIONS)}
    assert len(seen) == 8


def test_relations_follow_from_the_orientation():
    corners = np.array([[[0, 1], [3, 2]]])  # numbered clockwise
    for orientation in range(ORIENTATIONS):
        around = turned(corners, orientation)[0][[0, 0, 1, 1], [0, 1, 1, 0]]
        steps = set(np.diff(around) % 4)
        expected = "mirrored" if steps == {3} else "rotated" if around[0] else "same"
        assert RELATIONS[orientation] == expected


@pytest.mark.parametrize("orientation", range(ORIENTATIONS))
def test_turning_frequencies_is_turning_the_image(images, orientation):
    frequencies = dctn(images, axes=(1, 2), norm="ortho")[:, :8, :8]
    expected = dctn(turned(images, orientation), axes=(1, 2), norm="ortho")[:, :8, :8]
    np.testing.assert_allclose(turned_frequencies(frequencies, orientation), expected, atol=1e-5)


def test_the_map_to_a_region_shows_it():
    image = np.random.default_rng(0).integers(0, 255, (32, 32)).astype(np.uint8)
    half = cv2.warpAffine(
        image, to_region(Region(0.5, 0.25, 0.5), 32), (32, 32), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )
    expected = image[16:32, 8:24].repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(half, expected)
    np.testing.assert_array_equal(to_region(WHOLE, 128), [[1, 0, 0], [0, 1, 0]])


def test_every_crop_lies_near_a_region():
    rng = np.random.default_rng(0)
    for scale in rng.uniform(0.9, 1, 300):
        left, top = rng.uniform(0, 1 - scale, 2)
        sides = [
            max(abs(region.left - left), abs(region.top - top),
                abs(region.left + region.scale - left - scale), abs(region.top + region.scale - top - scale))
            for region in REGIONS
        ]  # fmt: skip
        assert min(sides) <= 0.04
