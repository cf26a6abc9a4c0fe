import numpy as np
import pytest

from s3f_pipeline.errors import ExportError
from s3f_pipeline.export.comparison import ImagesToCompare, compare

PIXELS = np.random.default_rng(0).integers(0, 256, (100, 4, 4, 1), np.uint8)
IMAGES = ImagesToCompare(PIXELS, "100 test images of brisc")


def network(shift=0.0, sizes=None):
    """A network whose second probability is the mean of the image, and something more."""

    def predict(images):
        if sizes is not None:
            sizes.append(len(images))
        mean = images.mean(axis=(1, 2, 3))
        return np.stack([1 - mean, mean + shift], axis=1)

    return predict


def as_trained(shift=0.0):
    return network(shift)(PIXELS / 255)


def test_differences_are_measured_on_all_images_in_batches_of_several_sizes():
    sizes = []
    found = compare(network(5e-5, sizes), network(), as_trained(0.25), IMAGES)
    assert (found.images, found.origin) == (100, "100 test images of brisc")
    assert found.largest_difference == pytest.approx(5e-5, rel=0.01)
    assert found.largest_difference_as_trained == pytest.approx(0.25, abs=1e-3)
    assert sum(sizes) == 100
    assert {1, 3, 16, 32} <= set(sizes)


@pytest.mark.parametrize(("shift", "told"), [(2e-4, r"by 2\.0e-04 on 100 test images"), (np.nan, "by nan")])
def test_an_exported_network_that_says_something_else_is_refused(shift, told):
    with pytest.raises(ExportError, match=told):
        compare(network(shift), network(), as_trained(), IMAGES)


def test_one_image_is_enough():
    found = compare(network(), network(), as_trained()[:1], ImagesToCompare(PIXELS[:1], "the example"))
    assert found.images == 1
