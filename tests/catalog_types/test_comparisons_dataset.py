import json
from dataclasses import asdict, replace

import pytest
from comparisons import comparison
from kedro.io.core import DatasetError

from s3f_pipeline.catalog_types import ComparisonsDataset
from s3f_pipeline.comparison.leaderboard import leaderboard
from s3f_pipeline.comparison.settings import Described

BUSI = comparison("busi", {"spatial": 0.7, "concat": 0.8})


def write(folder, *comparisons):
    for one in comparisons:
        path = folder / one.cohort / one.protocol / "comparison.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(one) | {"schema_version": one.VERSION}))


@pytest.fixture
def dataset(tmp_path):
    return ComparisonsDataset(filepath=str(tmp_path))


def test_what_was_compared_is_found_by_its_file(dataset, tmp_path):
    assert not dataset.exists()
    write(tmp_path, BUSI, replace(BUSI, protocol="published"))
    found = dataset.load()
    assert found["busi/patient_safe/comparison.json"] == BUSI
    assert list(found) == ["busi/patient_safe/comparison.json", "busi/published/comparison.json"]
    board = leaderboard(found, {"busi": Described("BUSI", "busi")}).boards["patient_safe"]
    assert [row.network for row in board.cohorts[0].rows] == ["spatial", "concat"]


def test_another_comparison_is_another_input(dataset, tmp_path):
    write(tmp_path, BUSI)
    before = dataset.fingerprint()
    assert dataset.fingerprint() == before
    write(tmp_path, replace(BUSI, margin=0.02))
    changed = dataset.fingerprint()
    write(tmp_path, replace(BUSI, protocol="published"))
    assert len({before, changed, dataset.fingerprint()}) == 3


def test_comparisons_are_not_saved(dataset):
    with pytest.raises(DatasetError, match="Comparisons cannot be saved"):
        dataset.save({})
