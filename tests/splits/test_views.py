import cv2
import numpy as np
import pytest

from s3f_pipeline.splits.geometry import (
    ORIENTATIONS,
    REGIONS,
    WHOLE,
    Region,
    turned,
    turned_frequencies,
)
from s3f_pipeline.splits.views import (
    COARSE,
    FINE,
    FREQUENCIES,
    VIEW_SIZE,
    frequency_views,
    pixel_views,
    regardless_of_orientation,
)


@pytest.fixture(scope="module")
def thumbnails(slice_of_head):
    return np.stack([cv2.resize(slice_of_head(head), (128, 128)) for head in range(6)])


def test_views_of_a_region_are_those_of_the_cut_out_image(thumbnails):
    region = Region(0.5, 0.25, 0.5)
    cut = thumbnails[:, 64:128, 32:96].repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(pixel_views(thumbnails, region), pixel_views(cut, WHOLE), atol=1e-2)
    np.testing.assert_allclose(
        frequency_views(thumbnails, [region]), frequency_views(cut, [WHOLE]), atol=1e-4
    )


def test_each_region_has_the_frequencies_that_it_has_alone(thumbnails):
    together = frequency_views(thumbnails, REGIONS)
    assert together.shape == (len(REGIONS), len(thumbnails), FREQUENCIES, FREQUENCIES)
    for region, frequencies in zip(REGIONS, together, strict=True):
        np.testing.assert_allclose(frequency_views(thumbnails, [region])[0], frequencies, atol=1e-5)


def test_pixel_views_are_the_difference_of_two_blurs():
    noise = np.random.default_rng(0).integers(0, 255, (1, 128, 128)).astype(np.uint8)
    small = cv2.resize(
        noise[0, 4:124, 4:124].astype(np.float32), (VIEW_SIZE, VIEW_SIZE), interpolation=cv2.INTER_AREA
    )
    fine = cv2.GaussianBlur(small, (0, 0), FINE)
    expected = fine - cv2.GaussianBlur(fine, (0, 0), COARSE)
    inside = slice(10, -10)
    np.testing.assert_allclose(
        pixel_views(noise, WHOLE)[0, inside, inside], expected[inside, inside], atol=0.3
    )


def test_brightness_and_contrast_do_not_change_frequencies(thumbnails):
    darker = (thumbnails // 2).astype(np.uint8) + np.uint8(40)
    original = frequency_views(thumbnails, [WHOLE])
    np.testing.assert_allclose(frequency_views(darker, [WHOLE]), original, atol=5e-3)
    lengths = np.linalg.norm(original, axis=(2, 3))
    np.testing.assert_allclose(lengths, 1, atol=1e-5)


def test_a_blank_image_has_no_frequencies():
    assert not frequency_views(np.full((2, 128, 128), 7, np.uint8), [WHOLE]).any()


def test_all_orientations_have_one_description(thumbnails):
    expected = regardless_of_orientation(frequency_views(thumbnails, [WHOLE])[0])
    for orientation in range(ORIENTATIONS):
        views = frequency_views(turned(thumbnails, orientation), [WHOLE])[0]
        np.testing.assert_allclose(regardless_of_orientation(views), expected, atol=1e-4)


def test_descriptions_are_no_farther_apart_than_the_images(thumbnails):
    views = frequency_views(thumbnails, [WHOLE])[0]
    described = regardless_of_orientation(views)
    for orientation in range(ORIENTATIONS):
        distances = np.linalg.norm(views[:1] - turned_frequencies(views, orientation), axis=(1, 2))
        assert (np.linalg.norm(described[:1] - described, axis=1) <= distances + 1e-5).all()
