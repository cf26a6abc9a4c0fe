import numpy as np
import pytest

from s3f_pipeline.linking import correlate
from s3f_pipeline.linking.correlate import ORIENTATIONS, nearest
from s3f_pipeline.splits.geometry import turned


@pytest.mark.parametrize("orientation", range(8))
def test_every_orientation_is_found_and_named(picture, orientation):
    others = np.stack([picture(seed) for seed in range(5)])
    images = np.stack([undone(others[3], orientation)])
    found = nearest(images, others, np.arange(5))
    assert (found.position[0], found.orientation[0]) == (3, orientation)
    assert found.correlation[0] == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(turned(images, orientation)[0], others[3])


def undone(image, orientation):
    """The picture that ``ORIENTATIONS[orientation]`` turns into ``image``."""
    back = np.rot90(image, -(orientation % 4))
    return back[:, ::-1] if ORIENTATIONS[orientation].startswith("mirrored") else back


def test_each_orientation_is_another(picture):
    images = {turned(picture(0)[None], number).tobytes() for number in range(len(ORIENTATIONS))}
    assert len(images) == 8


def test_the_nearest_of_another_subject_is_told(picture, monkeypatch):
    monkeypatch.setattr(correlate, "CHUNK", 2)
    first, second = picture(0), picture(1)
    between = (first.astype(int) * 2 + second) // 3
    others = np.stack([second, first, between.astype(np.uint8)])
    found = nearest(np.stack([first, second, first]), others, np.array([1, 0, 0]))
    assert list(found.position) == [1, 0, 1]
    assert found.elsewhere[0] == pytest.approx(found.elsewhere[2], abs=1e-6)  # another chunk, another sum
    assert found.elsewhere[0] < 0.6  # the blend is of the same subject
    expected = np.corrcoef(*(small(image) for image in (second, between)))[0, 1]
    assert found.elsewhere[1] == pytest.approx(expected, abs=1e-3)


def small(image):
    return image.reshape(64, 2, 64, 2).mean(axis=(1, 3)).ravel()


def test_one_subject_alone_has_no_other(picture):
    found = nearest(picture(0)[None], picture(0)[None], np.array([0]))
    assert found.elsewhere[0] == -1


def test_black_images_are_near_nothing(picture):
    black = np.zeros((1, 128, 128), np.uint8)
    assert nearest(black, picture(0)[None], np.array([0])).correlation[0] == 0
