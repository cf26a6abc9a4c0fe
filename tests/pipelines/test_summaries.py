import json
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from types import SimpleNamespace

import pytest
from kedro.io import DataCatalog
from result_files import metrics_file, write_run

from s3f_pipeline.catalog_types import AtomicDataset
from s3f_pipeline.config.names import Experiment
from s3f_pipeline.pipelines import summaries
from s3f_pipeline.pipelines.summaries import update_summary
from s3f_pipeline.results import RunId, find_runs

EXPERIMENT = Experiment("brisc", "patient_safe", "spatial")


@pytest.fixture
def project(tmp_path):
    """Files of one experiment, and what a run knows of them."""
    file = tmp_path / "summary.json"
    dataset = AtomicDataset(filepath=str(file), dataset="json.JSONDataset", schema_version=1)
    catalog = DataCatalog({f"{EXPERIMENT.namespace}.summary": dataset})
    loader = SimpleNamespace(data_root=tmp_path)
    update = partial(update_summary, loader, catalog, EXPERIMENT)
    return SimpleNamespace(file=file, root=tmp_path, update=update)


def end(project, seed):
    run = RunId(*EXPERIMENT, seed)
    write_run(project.root, run, metrics=metrics_file(run, accuracy=seed / 10))
    project.update()


def test_each_run_brings_the_summary_up_to_date(project):
    project.update()
    assert not project.file.exists()
    for seed in (0, 1):
        end(project, seed)
        content = json.loads(project.file.read_text())
        assert [run["seed"] for run in content["runs"]] == list(range(seed + 1))
    assert content["metrics"]["accuracy"]["mean"] == pytest.approx(0.05)


def test_of_runs_that_end_at_once_none_is_lost(project, monkeypatch):
    first_has_read, second_has_written = Event(), Event()

    def read_slowly(*arguments, **options):
        runs = find_runs(*arguments, **options)
        if not first_has_read.is_set():
            first_has_read.set()
            second_has_written.wait(1)
        return runs

    monkeypatch.setattr(summaries, "find_runs", read_slowly)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(end, project, 0)
        first_has_read.wait(10)
        end(project, 1)
        second_has_written.set()
        first.result()
    assert [run["seed"] for run in json.loads(project.file.read_text())["runs"]] == [0, 1]


def test_damage_is_told_and_harms_no_run(project, caplog):
    end(project, 0)
    files = write_run(project.root, RunId(*EXPERIMENT, 1))
    files["metrics"].write_bytes(b"")
    with caplog.at_level(logging.WARNING, "s3f_pipeline"):
        end(project, 2)
    assert f"{files['metrics']} is empty" in caplog.text
    assert [run["seed"] for run in json.loads(project.file.read_text())["runs"]] == [0, 2]


def test_a_summary_that_cannot_be_written_harms_no_run(project, caplog):
    project.file.mkdir()
    with caplog.at_level(logging.WARNING, "s3f_pipeline"):
        end(project, 0)
    assert "The summary of brisc_spatial is not up to date" in caplog.text
