import json
import logging

import pytest
from runs_pipeline import RunsPipeline
from simulated_runs import Network, write_network

from s3f_pipeline.comparison import summary
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.hooks_comparison import ComparisonHooks


@pytest.fixture
def nothing(load_config, tmp_path, monkeypatch):
    """A comparison without runs."""
    return RunsPipeline(
        load_config,
        tmp_path,
        monkeypatch,
        name="busi_compare",
        hooks=ComparisonHooks(),
        folder="busi/patient_safe",
    )


@pytest.fixture
def comparison(nothing):
    write_network(nothing.root, "spatial", Network(90))
    write_network(nothing.root, "concat", Network(75), seeds=(0, 1))
    return nothing


def test_all_finished_runs_are_compared_and_told(comparison, caplog):
    caplog.set_level(logging.INFO)
    comparison.run()
    found = comparison.content("comparison.json")
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
    first = comparison.content("comparison.json")
    caplog.clear()
    comparison.run()
    assert "Finished before: comparison of busi.patient_safe" in caplog.text
    assert comparison.content("comparison.json") == first
    write_network(comparison.root, "concat", Network(75), seeds=(2,))
    comparison.run()
    assert "set of finished runs changed" in caplog.text
    assert len(comparison.content("comparison.json")["runs"]) == len(first["runs"]) + 1


def test_a_set_of_runs_is_one_run_in_mlflow(comparison):
    comparison.run()
    comparison.file("comparison.html").unlink()
    comparison.run()
    (run,) = comparison.mlflow_runs("demo-busi")
    assert run.info.status == "FINISHED"
    assert run.data.tags["runs_hash"] == comparison.content("comparison.json")["runs_hash"]
    assert run.info.run_id == comparison.content("comparison.json")["mlflow_run_id"]
    assert set(run.data.metrics) == {"spatial_balanced_accuracy", "concat_balanced_accuracy"}
    write_network(comparison.root, "concat", Network(75), seeds=(2,))
    comparison.run()
    assert len(comparison.mlflow_runs("demo-busi")) == 2


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
