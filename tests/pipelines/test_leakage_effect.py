import logging

import pytest
from leaky_runs import COHORT, write_sides
from runs_pipeline import RunsPipeline

from s3f_pipeline.config.names import Experiment
from s3f_pipeline.errors import ConfigError, ResultsError, SplitError
from s3f_pipeline.hooks_comparison import LeakageEffectHooks
from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines.splitting.nodes import inject_leak
from s3f_pipeline.pipelines.stages import stages_of


@pytest.fixture
def effect(load_config, tmp_path, monkeypatch):
    return RunsPipeline(
        load_config,
        tmp_path,
        monkeypatch,
        name=f"{COHORT}_leakage_effect",
        hooks=LeakageEffectHooks(),
        folder=COHORT,
    )


def test_the_effect_is_measured_written_and_told(effect, caplog):
    caplog.set_level(logging.INFO)
    write_sides(effect.root)
    effect.run()
    found = effect.content("leakage_effect.json")
    assert found["networks"]["spatial"]["verdicts"]["concerned"]["verdict"] == "better"
    assert found["networks"]["spatial"]["title"] == "Spatial tower of S³F-Net"
    page = effect.file("leakage_effect.html").read_text()
    assert "What a leak is worth" in page
    assert "spatial with the leak, concerned" in caplog.text
    assert str(effect.file("leakage_effect.html")) in caplog.text


def test_a_set_of_runs_is_one_run_in_mlflow_and_made_again_for_another_set_alone(effect, caplog):
    caplog.set_level(logging.INFO)
    write_sides(effect.root)
    effect.run()
    first = effect.content("leakage_effect.json")
    (run,) = effect.mlflow_runs(f"demo-{COHORT}")
    assert run.info.status == "FINISHED"
    assert run.info.run_id == first["mlflow_run_id"]
    assert run.data.tags["leak"] == "twins"
    assert run.data.tags["runs_hash"] == first["runs_hash"]
    value = first["networks"]["spatial"]["images"]["concerned"]["effects"]["accuracy"]["difference"]["value"]
    assert run.data.metrics["spatial_concerned_accuracy_effect"] == pytest.approx(value)
    caplog.clear()
    effect.run()
    assert f"Finished before: leakage_effect of {COHORT}" in caplog.text
    effect.file("leakage_effect.html").unlink()
    effect.run()
    assert len(effect.mlflow_runs(f"demo-{COHORT}")) == 1
    write_sides(effect.root, seeds=[0, 1, 2, 3])
    effect.run()
    assert len(effect.content("leakage_effect.json")["leaking"]["runs"]) == 4
    assert len(effect.mlflow_runs(f"demo-{COHORT}")) == 2


def test_without_runs_the_command_is_told(effect):
    with pytest.raises(ResultsError, match=r"kedro sweep --cohorts=busi .*--protocols=leak_free,leaking"):
        effect.run()
    assert not effect.file("leakage_effect.json").exists()


@pytest.fixture
def pipelines(load_config):
    load_config()
    return register_pipelines()


@pytest.mark.parametrize("side", ["leak_free", "leaking"])
def test_pipelines_of_both_sides_are_there_and_not_listed(pipelines, side):
    name = f"brisc_64_spatial_{side}"
    assert name not in list(pipelines)
    assert Experiment("brisc_64", side, "spatial").pipeline == name
    assert Experiment.of_namespace(f"brisc_64.{side}.spatial").pipeline == name
    assert [(stage.namespace, stage.name) for stage in stages_of(pipelines[name])][3:] == [
        ("brisc_64", "splitting"),
        ("brisc_64.patient_safe", "splitting"),
        (f"brisc_64.{side}", "splitting"),
        (f"brisc_64.{side}.spatial", "training"),
        (f"brisc_64.{side}.spatial", "evaluation"),
        (f"brisc_64.{side}.spatial", "explanation"),
        (f"brisc_64.{side}.spatial", "reporting"),
    ]


def test_both_sides_are_trained_as_under_patient_safe(load_config):
    loader = load_config()
    one, other, safe = (
        loader.experiment("chest", side, "spatial") for side in ("leak_free", "leaking", "patient_safe")
    )
    assert one.training == other.training == safe.training
    assert (one.selection_split, other.selection_split) == ("validation", "validation")
    assert [each.leaks_by_design for each in (one, other, safe)] == [False, True, False]


def test_a_refused_cohort_is_named(load_config):
    load_config(cohorts={"mine": {"layout": "folders"}}, runtime=False) if False else load_config()
    with pytest.raises(KeyError):
        register_pipelines()["mine_leakage_effect"]


def test_there_are_no_folds(load_config):
    loader = load_config(fold=1)
    data, splitting, asked = (
        loader.parameter(f"busi.{noun}") for noun in ("data", "splitting", "leakage_effect")
    )
    with pytest.raises(SplitError, match="measured without folds"):
        inject_leak("leaking", data, splitting, asked, None, None, None)


def test_names_that_pipelines_take_are_no_names_of_cohorts(load_config):
    block = {"layout": "folders", "raw_folder": "x", "color": "grey", "image_size": 32, "classes": ["a", "b"]}
    with pytest.raises(ConfigError, match="names ending in _leaking are taken"):
        _ = load_config(cohorts={"x_leaking": block}).typed
