import logging

import pytest
from explained_runs import write_explanation
from kedro.io.core import DatasetError
from simulated_runs import Network, write_network

from s3f_pipeline.catalog_types import ExplainedRunsDataset, FinishedRunsDataset
from s3f_pipeline.results import find_runs


@pytest.fixture
def root(tmp_path):
    write_network(tmp_path, "spatial", Network(90), seeds=(0, 1), groups=6)
    return tmp_path


def dataset(kind, root, **options):
    return kind(filepath=str(root), cohort="busi", protocol="patient_safe", **options)


def test_another_explanation_is_another_input_of_who_reads_it_alone(root):
    runs, explained = (dataset(kind, root) for kind in (FinishedRunsDataset, ExplainedRunsDataset))
    before = runs.fingerprint(), explained.fingerprint()
    write_explanation(find_runs(root)[0])
    assert runs.fingerprint() == before[0]
    assert explained.fingerprint() != before[1]
    assert [run.id for run in explained.load()] == [run.id for run in runs.load()]


def test_a_damaged_run_is_refused_or_told_once_and_left_out(root, caplog):
    (root / "06_models/busi/patient_safe/spatial/seed-0/training.json").write_text("{")
    with pytest.raises(DatasetError, match=r"training\.json was cut short"):
        dataset(FinishedRunsDataset, root).load()
    tolerant = dataset(FinishedRunsDataset, root, leaves_out_damaged=True)
    with caplog.at_level(logging.WARNING):
        assert tolerant.exists()
        tolerant.fingerprint()
        assert not caplog.records
        assert [run.id.seed for run in tolerant.load()] == [1]
    assert "training.json" in caplog.text
