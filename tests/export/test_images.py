import json

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.export import images as picking
from s3f_pipeline.export.images import drawn_images, images_to_compare
from s3f_pipeline.images.store import StoreChecksums, checksums_path
from s3f_pipeline.results import RunId

TRAINED = RunId("c", "p", "v", 0)


class Run:
    """What is read of a finished run."""

    def __init__(self, sides, run_id=TRAINED):
        self.id = run_id
        names = [f"i{number}" for number in range(len(sides))]
        self._index = pd.DataFrame({"image_id": names, "sha256": names})
        self._splits = pd.DataFrame({"image_id": names[::-1], "split": list(sides)[::-1]})

    def index(self):
        return self._index

    def splits(self):
        return self._splits


@pytest.fixture
def bundle(folder):
    return open_bundle(folder)


@pytest.fixture
def taken(bundle, tmp_path, monkeypatch):
    """Take images of a run of so many rows, whose pixels are the number of their row."""

    def take(sides, *, run_id=TRAINED, write=True):
        run = Run(sides, run_id)
        store = tmp_path / "images.npy"
        if write:
            np.save(
                store, np.tile(np.arange(len(sides), dtype=np.uint8)[:, None, None, None], (1, 16, 16, 1))
            )
            checksums_path(store).write_bytes(StoreChecksums.of(store, run.index()).to_bytes())
        monkeypatch.setattr(picking, "find_runs", lambda *args, **wanted: [run])
        found = images_to_compare(bundle, tmp_path, store)
        return found, found.pixels[:, 0, 0, 0].tolist()

    return take


def test_test_images_are_taken_evenly(taken):
    found, rows = taken(["test", "train"] * 125)
    assert found.origin == "100 test images of c"
    assert len(set(rows)) == 100
    assert all(row % 2 == 0 for row in rows)
    assert (rows[0], rows[-1]) == (0, 248)


def test_where_they_are_few_others_of_the_cohort_are_added(taken):
    found, rows = taken(["train"] * 150 + ["test"] * 30)
    assert found.origin == "30 test images and 70 others of c"
    assert len(set(rows)) == 100
    assert set(range(150, 180)) <= set(rows)


def test_a_small_cohort_is_taken_as_a_whole(taken):
    found, rows = taken(["train"] * 5 + ["test"] * 3)
    assert (found.origin, rows) == ("3 test images and 5 others of c", list(range(8)))


def test_without_its_experiment_a_bundle_brings_its_example(taken, bundle):
    found, _ = taken(["test"] * 5, run_id=RunId("c", "p", "v", 1))
    assert found.origin == "the example of the bundle and 99 drawn images"
    assert found.pixels.shape == (100, 16, 16, 1)
    np.testing.assert_array_equal(found.pixels[0], bundle.example.image)


def test_without_its_images_too_and_it_is_told(taken, caplog):
    found, _ = taken(["test"] * 5, write=False)
    assert found.origin.startswith("the example of the bundle")
    assert "Images of c v, p, seed 0 cannot be taken for the comparison" in caplog.text


def test_images_that_have_changed_are_not_taken(taken, tmp_path, caplog):
    taken(["test"] * 5)
    beside = checksums_path(tmp_path / "images.npy")
    beside.write_text(json.dumps({"sha256": "0", "raw_images": "0"}))
    found, _ = taken(["test"] * 5, write=False)
    assert found.origin.startswith("the example of the bundle")
    assert "does not fit the checksums" in caplog.text


@pytest.mark.parametrize("shape", [(16, 20, 1), (33, 7, 3)])
def test_drawn_images_are_the_same_each_time_and_differ_from_each_other(shape):
    images = drawn_images(shape, 10)
    assert (images.shape, images.dtype) == ((10, *shape), np.uint8)
    np.testing.assert_array_equal(images, drawn_images(shape, 10))
    assert len({each.tobytes() for each in images}) == 10
