import json
import os

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline import files
from s3f_pipeline.errors import ImageError
from s3f_pipeline.files import sha256_of, temporary_path
from s3f_pipeline.images.store import (
    StoreChecksums,
    check_store,
    checksums_path,
    enlarged_warning,
    publish_store,
    store_hash,
)

INDEX = pd.DataFrame({"image_id": list("abc"), "sha256": ["1", "2", "3"]})
SHAPE = (4, 5, 1)


@pytest.fixture
def store(tmp_path):
    """A store of three black images."""
    path = tmp_path / "images_4x5.npy"
    np.save(temporary_path(path), np.zeros((3, *SHAPE), np.uint8))
    publish_store(temporary_path(path), path, INDEX)
    return path


def load(path):
    return np.load(path, mmap_mode="r")


def change(path):
    """Another picture in the same number of bytes."""
    path.write_bytes(path.read_bytes()[:-1] + b"\1")


@pytest.fixture
def hashed(monkeypatch):
    """Paths of the files that are read for their hash."""
    paths = []
    monkeypatch.setattr(files, "sha256_of", lambda path: paths.append(path) or sha256_of(path))
    return paths


def test_a_published_store_fits_its_index(store, tmp_path):
    check_store(INDEX, load(store), SHAPE)
    assert {path.name for path in tmp_path.iterdir()} == {"images_4x5.npy", "images_4x5.json"}


def test_another_size_is_refused(store):
    with pytest.raises(ImageError, match=r"shape \(3, 4, 5, 1\), expected is \(3, 8, 8, 1\)"):
        check_store(INDEX, load(store), (8, 8, 1))


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 1, 1]])
def test_a_store_of_another_index_is_refused(store, order):
    with pytest.raises(ImageError, match="was made from other images than the index names, or in another"):
        check_store(INDEX.iloc[order], load(store), SHAPE)


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"sha256": "0", "raw_images": "0"}', None])
def test_damaged_checksums_are_refused(store, damage):
    beside = checksums_path(store)
    beside.unlink() if damage is None else beside.write_bytes(damage)
    with pytest.raises(ImageError, match="does not fit the checksums beside it"):
        check_store(INDEX, load(store), SHAPE)


def test_a_changed_store_is_refused(store):
    change(store)
    with pytest.raises(ImageError, match="does not fit the checksums beside it"):
        check_store(INDEX, load(store), SHAPE)


def test_the_hash_of_an_untouched_store_is_read_and_not_computed(store, hashed):
    expected = json.loads(checksums_path(store).read_text())["sha256"]
    assert store_hash(store) == expected == sha256_of(store)
    assert hashed == []


def test_a_store_that_was_touched_is_hashed(store, hashed):
    change(store)
    assert store_hash(store) == sha256_of(store) != StoreChecksums.beside(store).sha256
    assert hashed == [store]


def test_a_time_that_was_set_back_deceives_nobody(store, hashed):
    times = store.stat()
    change(store)
    os.utime(store, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert store_hash(store) == sha256_of(store)
    assert hashed == [store]


def test_without_checksums_a_store_is_hashed(store, hashed):
    checksums_path(store).unlink()
    assert store_hash(store) == sha256_of(store)
    assert hashed == [store]


@pytest.mark.parametrize(("image_size", "smaller"), [((9, 9), 3), ((10, 10), 5), ((8, 10), 0)])
def test_enlarged_images_are_told(image_size, smaller):
    index = pd.DataFrame({"height": [8, 8, 8, 9, 9], "width": [8, 8, 8, 9, 9]})
    warning = enlarged_warning(index, image_size)
    assert (warning is not None) == bool(smaller)
    assert warning is None or warning.startswith(f"{smaller} of 5 images are smaller than")
