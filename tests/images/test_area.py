import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.images import area
from s3f_pipeline.images.area import resize_by_area


def opencv(image, height, width):
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, -1)


def noise(*shape):
    return np.random.default_rng(sum(shape)).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(
    ("shape", "height", "width"),
    [
        ((971, 1328, 1), 384, 512),
        ((2048, 2500, 1), 224, 224),
        ((600, 513, 1), 599, 512),
        ((1024, 1024, 1), 256, 256),
        ((400, 900, 1), 500, 300),
        ((700, 800, 3), 225, 300),
    ],
)
def test_large_images_equal_opencv_to_the_bit(shape, height, width):
    image = noise(*shape)
    np.testing.assert_array_equal(resize_by_area(image, height, width), opencv(image, height, width))


@given(st.tuples(st.integers(2, 400), st.integers(2, 400)), st.data())
def test_every_pair_of_sizes_equals_opencv_to_the_bit(shape, data):
    height, width = (data.draw(st.integers(1, length)) for length in shape)
    image = noise(*shape, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(area, "LEAST_PIXELS", 0)
        found = resize_by_area(image, height, width)
    np.testing.assert_array_equal(found, opencv(image, height, width))
