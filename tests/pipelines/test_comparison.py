import json
import logging

import pytest
from explained_runs import write_explanation
from mlflow import MlflowClient
from result_files import write_json, write_record
from runs_pipeline import RunsPipeline
from simulated_runs import Network, write_network

from s3f_pipeline.bundle.contents import checksum_of, read_checksums, write_bundle
from s3f_pipeline.comparison import summary
from s3f_pipeline.config.schema.tracking import RegistryConfig
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.hooks_comparison import ComparisonHooks
from s3f_pipeline.results import find_runs
from s3f_pipeline.tracking.model import BUNDLE
from s3f_pipeline.tracking.registry import register
from s3f_pipeline.tracking.run import RUN


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
    assert "The time that concat takes for one image is not known: " in caplog.text
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


def test_explanations_are_compared_when_they_come(comparison, caplog):
    caplog.set_level(logging.INFO)
    comparison.run()
    found = comparison.content("compared_explanations.json")
    assert (found["networks"], len(found["left_out"])) == ({}, 5)
    assert "No compared run is explained." in comparison.file("comparison.html").read_text()
    for run in find_runs(comparison.root):
        write_explanation(run)
    comparison.run()
    assert "set of explanations changed" in caplog.text
    found = comparison.content("compared_explanations.json")
    assert list(found["networks"]) == ["spatial", "concat"]
    assert found["left_out"] == []
    assert "one curve per network" in comparison.file("comparison.html").read_text()
    (run,) = comparison.mlflow_runs("demo-busi")
    files = {path.path for path in MlflowClient(comparison.database).list_artifacts(run.info.run_id)}
    assert "compared_explanations.json" in files


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


@pytest.fixture
def registered(comparison):
    """The runs of a comparison have bundles, which are versions of registered models."""
    client = MlflowClient(comparison.database)
    artifacts = (comparison.root / "mlartifacts").as_uri()
    experiment = client.create_experiment("demo-busi", artifact_location=artifacts)
    for number, run in enumerate(find_runs(comparison.root)):
        folder = run.bundle_folder.parent
        model = write_json(folder / "model.keras", {"weights": number})
        write_bundle(run.bundle_folder, model, {"model_card.md": b"# A card"})
        outputs = [folder / "training.json", folder / "history.csv", model]
        write_record(folder / "training.record.json", "training", outputs, run.trained.finished)
        tags = {BUNDLE: checksum_of(read_checksums(run.bundle_folder))}
        mlflow_run = client.create_run(experiment).info.run_id
        logged = client.create_logged_model(experiment, "model", mlflow_run, tags=tags)
        name = f"demo-busi_{run.id.variant}"
        register(client, name, logged, tags={"seed": str(run.id.seed)}, description="")
    return comparison


def aliases(pipeline) -> dict[str, dict[str, str]]:
    """By registered model and alias the seed of the version."""
    client = MlflowClient(pipeline.database)
    return {
        model.name: {
            alias: client.get_model_version(model.name, version).tags["seed"]
            for alias, version in model.aliases.items()
        }
        for model in client.search_registered_models()
    }


def best_seed(pipeline, variant) -> str:
    runs = find_runs(pipeline.root, variant=variant)
    return str(max(runs, key=lambda run: run.metrics.validation.balanced_accuracy).id.seed)


def test_the_advised_network_becomes_the_champion_before_test_images_are_read(registered, monkeypatch):
    newest = {"demo-busi_concat": {"challenger": "1"}, "demo-busi_spatial": {"challenger": "2"}}
    assert aliases(registered) == newest
    monkeypatch.setattr(summary, "compare", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        registered.run()
    RUN.end("FAILED")
    placed = aliases(registered)
    assert placed["demo-busi_concat"] == {"challenger": best_seed(registered, "concat")}
    assert placed["demo-busi_spatial"]["champion"] == best_seed(registered, "spatial")
    version = MlflowClient(registered.database).get_model_version_by_alias("demo-busi_spatial", "champion")
    assert "the comparison advises it before concat: balanced_accuracy" in version.tags["alias_reason"]


def test_no_alias_is_set_without_a_registry_or_for_a_bundle_of_another_training(registered):
    registered.hooks._mlflow = registered.hooks._mlflow.model_copy(
        update={"registry": RegistryConfig(enabled=False)}
    )
    registered.run()
    assert "champion" not in aliases(registered)["demo-busi_spatial"]
    for run in find_runs(registered.root):
        write_bundle(run.bundle_folder, registered.file("comparison.json"), {"model_card.md": b"# A card"})
    registered.hooks._mlflow = registered.hooks._mlflow.model_copy(update={"registry": RegistryConfig()})
    registered.file("advice.json").unlink()
    registered.run()
    assert "champion" not in aliases(registered)["demo-busi_spatial"]


def test_a_damaged_run_stops_the_comparison(comparison):
    (comparison.root / "06_models/busi/patient_safe/concat/seed-1/history.csv").write_text("epoch\n")
    with pytest.raises(ResultsError, match=r"history\.csv was cut short or changed"):
        comparison.run()


def test_without_runs_it_is_said_how_to_make_them(nothing):
    with pytest.raises(ResultsError, match=r"at least two networks.*Found: none.*kedro sweep"):
        nothing.run()
