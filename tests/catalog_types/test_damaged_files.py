"""Whatever library stumbles over a file: one message that names it."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3f_pipeline.catalog_types import (
    AtomicDataset,
    ImageStoreDataset,
    KerasModelDataset,
    ScratchFolderDataset,
    UnusableFileError,
)
from s3f_pipeline.errors import ModelError, S3FError

OURS = re.compile(r"(/\S+) (is damaged and cannot be read|is empty and cannot be read|has schema version)")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Datasets by ending, each saved once."""
    folder = tmp_path_factory.mktemp("whole")
    path = {name: str(folder / f"data.{name}") for name in ("parquet", "json", "csv", "npy")}
    table = pd.DataFrame({"image_id": ["a", "b"], "p_normal": [0.25, 0.75]})
    datasets = {
        "parquet": AtomicDataset(filepath=path["parquet"], dataset="pandas.ParquetDataset", schema_version=1),
        "json": AtomicDataset(filepath=path["json"], dataset="json.JSONDataset", schema_version=1),
        "csv": AtomicDataset(filepath=path["csv"], dataset="pandas.CSVDataset"),
        "npy": ImageStoreDataset(filepath=path["npy"]),
    }
    for name, data in {"parquet": table, "csv": table, "json": {"accuracy": 0.5}}.items():
        datasets[name].save(data)
    np.save(path["npy"], np.zeros((4, 8, 8, 1), np.uint8))
    return {name: (dataset, dataset.filepath.read_bytes()) for name, dataset in datasets.items()}


def is_read(dataset, content) -> bool:
    dataset.filepath.write_bytes(content)
    try:
        dataset.load()
    except S3FError as error:
        message = error.message
    else:
        return True
    assert OURS.match(message), message
    assert str(dataset.filepath) in message
    assert "--params=force=true" in message
    return False


@pytest.mark.parametrize("name", ["parquet", "json", "csv", "npy"])
@pytest.mark.parametrize("content", [b"", b"[]", b"1", b"\xff\xfe\x00", b"PAR1", b"\x93NUMPY\x01\x00"])
def test_other_content(whole, name, content):
    readable = is_read(whole[name][0], content)
    assert not readable or name == "csv"


@pytest.mark.parametrize("name", ["parquet", "json", "npy"])
@settings(max_examples=60)
@given(data=st.data())
def test_cut_and_flipped_content(whole, name, data):
    dataset, content = whole[name]
    cut = content[: data.draw(st.integers(0, len(content) - 1), label="bytes left")]
    assert not is_read(dataset, cut)
    at = data.draw(st.integers(0, len(content) - 1), label="flipped at")
    is_read(
        dataset, content[:at] + bytes([content[at] ^ 1 << data.draw(st.integers(0, 7))]) + content[at + 1 :]
    )


def test_a_folder_in_place_of_a_file_and_one_that_may_not_be_read(tmp_path):
    (tmp_path / "a.json").mkdir()
    dataset = AtomicDataset(filepath=str(tmp_path / "a.json"), dataset="json.JSONDataset")
    with pytest.raises(UnusableFileError, match="is not there"):
        dataset.load()


def test_a_damaged_network(tmp_path):
    dataset = KerasModelDataset(filepath=str(tmp_path / "model.keras"))
    for content in (b"", b"PK\x03\x04", b"other"):
        dataset.filepath.write_bytes(content)
        with pytest.raises(Exception, match=r"model\.keras cannot be loaded as a network") as error:
            dataset.load()
        assert isinstance(error.value.__cause__, ModelError)


def test_a_damaged_owner_of_a_state_is_no_owner(tmp_path):
    folder = ScratchFolderDataset(filepath=str(tmp_path / "state"))
    folder.begin("fingerprint")
    (tmp_path / "state" / "epoch-000001.npz").touch()
    (tmp_path / "state" / "stage.txt").write_bytes(b"\xff\xfe")
    folder.begin("fingerprint")
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["stage.txt"]
