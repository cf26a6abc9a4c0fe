import pytest
from kedro.io import DatasetError

from s3f_pipeline.catalog_types import BundleDataset, UnusableFileError


@pytest.fixture
def dataset(tmp_path):
    model = tmp_path / "model.keras"
    model.write_bytes(b"a network")
    dataset = BundleDataset(filepath=str(tmp_path / "bundle"))
    dataset.save({"model_card.md": b"a card", "example/image.png": b"an image"})
    return dataset


def test_the_checksums_stand_for_the_folder(dataset):
    assert dataset.filepath == dataset.folder / "checksums.json"
    names = {path.relative_to(dataset.folder).as_posix() for path in dataset.folder.rglob("*.*")}
    assert names == {"checksums.json", "example/image.png", "model.keras", "model_card.md"}
    assert dataset.exists()
    assert dataset.difference(dataset.content()) is None


@pytest.mark.parametrize("name", ["model.keras", "model_card.md", "example/image.png"])
def test_every_file_of_the_folder_counts(dataset, name):
    whole = dataset.content()
    (dataset.folder / name).write_bytes(b"something else")
    assert f"{name} is not what it was" in dataset.difference(whole)
    (dataset.folder / name).unlink()
    assert f"{name} is missing" in dataset.difference(whole)


def test_other_checksums_are_another_bundle(dataset):
    whole, before = dataset.content(), dataset.fingerprint()
    dataset.save({"model_card.md": b"another card"})
    assert "changed after it was written" in dataset.difference(whole)
    assert dataset.fingerprint() != before


def test_what_is_no_bundle_is_not_loaded(dataset):
    with pytest.raises(DatasetError, match=r"has no checksum of preprocessing\.json"):
        dataset.load()
    dataset.invalidate()
    with pytest.raises(UnusableFileError, match="is not there"):
        dataset.load()
