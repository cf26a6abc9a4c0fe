import tracemalloc

import numpy as np
import pytest

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.sources import image_sources

RNG = np.random.default_rng(0)
ARRAYS = {
    "train_images": RNG.integers(0, 256, (5, 4, 6), np.uint8),
    "test_images": RNG.integers(0, 256, (3, 4, 6, 3), np.uint8),
}


@pytest.fixture
def folder(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", **ARRAYS)
    return tmp_path


def test_files_are_passed_on(folder):
    assert list(image_sources(folder, ["x/y.png", "z.jpg"])) == [folder / "x/y.png", folder / "z.jpg"]


def test_archived_images_are_read_in_order(folder):
    paths = [f"a.npz/test_images/{n:05d}" for n in range(3)] + [
        f"a.npz/train_images/{n:05d}" for n in (0, 2, 4)
    ]
    found = list(image_sources(folder, paths))
    for number in range(3):
        np.testing.assert_array_equal(found[number], ARRAYS["test_images"][number])
        np.testing.assert_array_equal(found[3 + number][..., 0], ARRAYS["train_images"][2 * number])


def test_a_damaged_archive_is_named(folder):
    data = bytearray((folder / "a.npz").read_bytes())
    data[60:90] = bytes(30)
    (folder / "a.npz").write_bytes(data)
    with pytest.raises(ImageError, match=r"a\.npz is damaged .* Get it again"):
        list(image_sources(folder, ["a.npz/train_images/00004"]))


def test_numbers_must_rise(folder):
    with pytest.raises(ImageError, match="out of order: 1 after 3"):
        list(image_sources(folder, [f"a.npz/train_images/{n:05d}" for n in (3, 1)]))


def test_memory_does_not_grow_with_the_archive(tmp_path):
    np.savez_compressed(tmp_path / "b.npz", train_images=np.zeros((400, 200, 200), np.uint8))
    tracemalloc.start()
    for _ in image_sources(tmp_path, (f"b.npz/train_images/{n:05d}" for n in range(400))):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 200 * 200
