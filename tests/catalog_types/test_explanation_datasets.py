import numpy as np
import pytest

from s3f_pipeline.catalog_types import ArraysDataset, PicturesDataset, UnusableFileError
from s3f_pipeline.catalog_types import pictures_dataset as module


@pytest.fixture
def dataset(tmp_path):
    dataset = PicturesDataset(filepath=str(tmp_path / "explanation/pictures.json"))
    dataset.save({"a.png": b"first", "b.png": b"second"})
    return dataset


def test_pictures_are_read_as_they_were_written_and_earlier_ones_are_gone(dataset):
    assert dataset.load() == {"a.png": b"first", "b.png": b"second"}
    dataset.save({"c.png": b"third"})
    assert dataset.load() == {"c.png": b"third"}
    assert [path.name for path in dataset.filepath.parent.glob("*.png")] == ["c.png"]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"other")])
def test_a_damaged_picture_is_noticed(dataset, damage):
    recorded = dataset.content()
    assert dataset.difference(recorded) is None
    damage(dataset.filepath.with_name("b.png"))
    assert "b.png" in dataset.difference(recorded)
    with pytest.raises(UnusableFileError, match=r"pictures\.json lists b\.png"):
        dataset.load()


def test_a_kill_while_pictures_are_written_leaves_no_list(dataset, monkeypatch):
    real = module.atomic_path

    def killed(path):
        if path.name == "d.png":
            raise KeyboardInterrupt
        return real(path)

    monkeypatch.setattr(module, "atomic_path", killed)
    with pytest.raises(KeyboardInterrupt):
        dataset.save({"c.png": b"third", "d.png": b"fourth"})
    assert not dataset.exists()
    monkeypatch.undo()
    dataset.save({"d.png": b"fourth"})
    assert dataset.load() == {"d.png": b"fourth"}
    assert sorted(path.name for path in dataset.filepath.parent.iterdir()) == ["d.png", "pictures.json"]


def test_arrays_are_read_as_they_were_written(tmp_path):
    dataset = ArraysDataset(filepath=str(tmp_path / "x/arrays.npz"))
    dataset.save({"maps": np.arange(6.0).reshape(2, 3), "none": np.empty((0, 2), np.uint8)})
    found = dataset.load()
    np.testing.assert_array_equal(found["maps"], np.arange(6.0).reshape(2, 3))
    assert (found["none"].shape, found["none"].dtype) == ((0, 2), np.uint8)
    dataset.filepath.write_bytes(b"damaged")
    with pytest.raises(UnusableFileError, match="damaged"):
        dataset.load()
