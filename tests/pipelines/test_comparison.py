import json
import logging

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from mlflow import MlflowClient
from simulated_runs import Network, write_network

from s3f_pipeline.comparison import summary
from s3f_pipeline.config.loader import ProjectConfigLoader
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.hooks_comparison import ComparisonHooks
from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines import runner
from s3f_pipeline.pipelines.runner import StageRunner

PIPELINE = "busi_compare"


class Comparison:
    """The pipeline of a comparison below a folder, with its hooks."""

    def __init__(self, loader, folder):
        self.root, self.database = folder / "data", f"sqlite:///{folder / 'mlflow.db'}"
        self.loader = loader
        self.pipeline = register_pipelines()[PIPELINE]
        self.hooks = ComparisonHooks()
        self.hooks._uri = self.database

    def run(self):
        entries = self.loader["catalog"]
        for entry in entries.values():
            if "filepath" in entry:
                entry["filepath"] = str(self.root.parent / entry["filepath"])
        catalog = DataCatalog.from_config(entries)
        for name in self.pipeline.inputs():
            if name.startswith("params:"):
                value = self.loader.parameter(name.removeprefix("params:"))
                catalog[name] = MemoryDataset(value, copy_mode="assign")
        self.hooks._open = False
        manager = _create_hook_manager()
        manager.register(self.hooks)
        StageRunner().run(self.pipeline, catalog, hook_manager=manager)
        self.hooks.after_pipeline_run(self.pipeline, catalog)

    def file(self, name):
        return self.root / "08_reporting/busi/patient_safe" / name

    def content(self):
        return json.loads(self.file("comparison.json").read_text())

    def mlflow_runs(self):
        client = MlflowClient(self.database)
        (experiment,) = (e for e in client.search_experiments() if e.name == "demo-busi")
        return client.search_runs([experiment.experiment_id])


@pytest.fixture
def nothing(load_config, tmp_path, monkeypatch):
    """A comparison without runs."""
    monkeypatch.setattr(ProjectConfigLoader, "data_root", tmp_path / "data")
    loader = load_config(comparison={"replicates": 100})
    monkeypatch.setattr(runner, "pipelines", register_pipelines())
    return Comparison(loader, tmp_path)


@pytest.fixture
def comparison(nothing):
    write_network(nothing.root, "spatial", Network(90))
    write_network(nothing.root, "concat", Network(75), seeds=(0, 1))
    return nothing


def test_all_finished_runs_are_compared_and_told(comparison, caplog):
    caplog.set_level(logging.INFO)
    comparison.run()
    found = comparison.content()
    assert found["pairs"][0]["verdict"] == "better"
    assert found["networks"]["spatial"]["title"] == "Spatial tower of S³F-Net"
    assert found["claims"][0]["better"] == "concat (SN2)"
    page = comparison.file("comparison.html").read_text()
    assert "spatial is better than concat" in page
    assert "Synthetic phantoms, no medical meaning" in page
    assert "spatial against concat: better" in caplog.text
    assert "Advice by validation: spatial" in caplog.text


def test_it_is_made_again_for_another_set_of_runs_alone(comparison, caplog):
    caplog.set_level(logging.INFO)
    comparison.run()
    first = comparison.content()
    caplog.clear()
    comparison.run()
    assert "Finished before: comparison of busi.patient_safe" in caplog.text
    assert comparison.content() == first
    write_network(comparison.root, "concat", Network(75), seeds=(2,))
    comparison.run()
    assert "set of finished runs changed" in caplog.text
    assert len(comparison.content()["runs"]) == len(first["runs"]) + 1


def test_a_set_of_runs_is_one_run_in_mlflow(comparison):
    comparison.run()
    comparison.file("comparison.html").unlink()
    comparison.run()
    (run,) = comparison.mlflow_runs()
    assert run.info.status == "FINISHED"
    assert run.data.tags["runs_hash"] == comparison.content()["runs_hash"]
    assert run.info.run_id == comparison.content()["mlflow_run_id"]
    assert set(run.data.metrics) == {"spatial_balanced_accuracy", "concat_balanced_accuracy"}
    write_network(comparison.root, "concat", Network(75), seeds=(2,))
    comparison.run()
    assert len(comparison.mlflow_runs()) == 2


def test_the_advice_is_written_before_test_images_are_compared(comparison, monkeypatch):
    def broken(*arguments, **named):
        raise RuntimeError

    monkeypatch.setattr(summary, "compare", broken)
    with pytest.raises(RuntimeError):
        comparison.run()
    assert json.loads(comparison.file("advice.json").read_text())["network"] == "spatial"
    assert not comparison.file("comparison.json").exists()


def test_a_damaged_run_stops_the_comparison(comparison):
    (comparison.root / "06_models/busi/patient_safe/concat/seed-1/history.csv").write_text("epoch\n")
    with pytest.raises(ResultsError, match=r"history\.csv was cut short or changed"):
        comparison.run()


def test_without_runs_it_is_said_how_to_make_them(nothing):
    with pytest.raises(ResultsError, match=r"at least two networks.*Found: none.*kedro sweep"):
        nothing.run()
