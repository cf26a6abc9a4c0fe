import json

import pytest

from s3f_pipeline.catalog_types import ExportDataset


@pytest.fixture
def dataset(tmp_path):
    dataset = ExportDataset(filepath=str(tmp_path / "brisc_bilinear"))
    dataset.save({"model.onnx": b"a network", "export.json": json.dumps({"name": "n"}).encode()})
    return dataset


def test_the_folder_has_its_files_and_their_checksums(dataset):
    names = {path.name for path in dataset.folder.iterdir()}
    assert names == {"model.onnx", "export.json", "checksums.json"}
    assert dataset.difference(dataset.content()) is None


def test_the_record_is_what_is_loaded(dataset):
    assert dataset.load() == {"name": "n"}


def test_every_file_counts(dataset):
    whole = dataset.content()
    (dataset.folder / "model.onnx").write_bytes(b"another one")
    assert "model.onnx is not what it was" in dataset.difference(whole)


def test_another_export_takes_the_place_of_all_files(dataset):
    dataset.save({"export.json": b"{}"})
    assert {path.name for path in dataset.folder.iterdir()} == {"export.json", "checksums.json"}
