import numpy as np
import pytest
from kedro.io.core import DatasetError

from s3f_pipeline.catalog_types import BytesDataset, FolderDataset, GivenFileDataset, ImageStoreDataset
from s3f_pipeline.files import temporary_path


def test_bytes(tmp_path):
    dataset = BytesDataset(filepath=str(tmp_path / "plots" / "roc.png"))
    dataset.save(b"png")
    assert dataset.load() == b"png"
    dataset.invalidate()
    assert not dataset.exists()


def test_the_fingerprint_follows_the_bytes(tmp_path):
    dataset = BytesDataset(filepath=str(tmp_path / "x"))
    dataset.save(b"1")
    before = dataset.fingerprint()
    dataset.save(b"2")
    assert dataset.fingerprint() != before
    dataset.save(b"1")
    assert dataset.fingerprint() == before


def test_a_store_is_mapped_not_read(tmp_path):
    dataset = ImageStoreDataset(filepath=str(tmp_path / "images_2x2.npy"))
    finished = temporary_path(tmp_path / "images_2x2.npy")
    np.save(finished, np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1))
    dataset.save(finished)
    images = dataset.load()
    assert isinstance(images, np.memmap)
    assert images.shape == (2, 2, 2, 1)
    assert not images.flags.writeable
    assert not finished.exists()


def test_a_folder_is_made_and_cannot_be_saved(tmp_path):
    dataset = FolderDataset(filepath=str(tmp_path / "01_raw"))
    assert dataset.load() == tmp_path / "01_raw"
    assert (tmp_path / "01_raw").is_dir()
    with pytest.raises(DatasetError, match="cannot be saved"):
        dataset.save("x")


def test_a_file_of_the_user_is_named_and_not_written(tmp_path):
    path = tmp_path / "weights.keras"
    dataset = GivenFileDataset(filepath=str(path))
    assert dataset.load() == path
    assert not dataset.exists()
    path.write_bytes(b"1")
    before = dataset.fingerprint()
    path.write_bytes(b"2")
    assert dataset.fingerprint() != before
    with pytest.raises(DatasetError, match="user's file"):
        dataset.save(path)
