import cv2
import numpy as np
import pytest

from s3f_pipeline.images.thumbnails import THUMBNAIL_SIZE, halve, inner, resize_to_square, thumbnail


@pytest.mark.parametrize("shape", [(28, 28), (150, 200), (512, 512), (100, 700)])
def test_thumbnails_have_one_size(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    small = thumbnail(image)
    assert small.shape == (THUMBNAIL_SIZE, THUMBNAIL_SIZE)
    assert small.dtype == np.uint8


def test_shrinking_is_area_interpolation():
    image = np.random.default_rng(0).integers(0, 256, (300, 256), np.uint8)
    expected = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(resize_to_square(image, 64), expected)


def test_growing_makes_no_blocks():
    ramp = np.tile(np.arange(0, 250, 10, dtype=np.uint8), (25, 1))
    steps = np.diff(resize_to_square(ramp, 100)[0].astype(int))
    assert steps.max() <= 4


def test_inner_cuts_a_32nd_off_each_side():
    image = np.arange(64 * 96).reshape(64, 96)
    np.testing.assert_array_equal(inner(image), image[2:-2, 3:-3])


def test_inner_leaves_a_tiny_image_as_it_is():
    image = np.arange(64).reshape(8, 8)
    np.testing.assert_array_equal(inner(image), image)


@pytest.mark.parametrize(
    ("shape", "halved"), [((255, 900), (255, 900)), ((256, 301), (128, 150)), ((2049, 1100), (256, 137))]
)
def test_large_images_are_halved(shape, halved):
    assert halve(np.zeros((*shape, 1), np.uint8)).shape == (*halved, 1)


def test_a_half_is_the_mean_of_four():
    image = np.random.default_rng(0).integers(0, 256, (300, 256, 1), np.uint8)
    means = image.reshape(150, 2, 128, 2).mean(axis=(1, 3))
    assert np.abs(halve(image)[..., 0] - means).max() <= 0.5
