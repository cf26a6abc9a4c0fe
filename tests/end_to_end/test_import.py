import json
import re
import sqlite3
from contextlib import closing

import pandas as pd
import published_files
import pytest
from end_to_end_project import Project

from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.files import sha256_of
from s3f_pipeline.results import find_runs
from s3f_pipeline.results.training import TrainingFacts

pytestmark = pytest.mark.slow
VARIANT = "imported_bilinear_sn1"
PROTOCOLS = ("patient_safe", "published")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return published_files.write(
        folder / "s2f net.keras", published_files.network("bilinear_sn1", (32, 32, 1), 4)
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory, weights) -> Project:
    """The project, with weights imported once."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.first_output = project.kedro(*command(weights))
    return project


def command(file, **more):
    params = ",".join(f"{key}={value}" for key, value in {"weights": file, "cohort": "brisc", **more}.items())
    return "run", "--env=demo", "--pipeline=import_published", f"--params={params}"


def training_of(project, protocol):
    return TrainingFacts.read(project.demo / f"06_models/brisc/{protocol}/{VARIANT}/seed-0/training.json")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_weights_are_evaluated_with_the_full_report(project, protocol):
    run = f"brisc/{protocol}/{VARIANT}/seed-0"
    for path in [
        f"06_models/{run}/model.keras",
        f"06_models/{run}/importing.record.json",
        f"07_model_output/{run}/predictions.parquet",
        f"08_reporting/{run}/metrics.json",
        f"08_reporting/{run}/explanation/explanation.json",
        f"08_reporting/{run}/report.html",
    ]:
        assert (project.demo / path).is_file(), path
    report = (project.demo / f"08_reporting/{run}/report.html").read_text()
    assert "Trained elsewhere" in report
    assert "Its training images may\n  be in this test set" in report
    assert "The network of epoch" not in report
    assert json.loads((project.demo / f"08_reporting/{run}/metrics.json").read_text())["selected_on_test"]
    assert open_bundle(project.demo / f"06_models/{run}/bundle").preprocessing.trained_on.imported


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_record_says_what_was_imported(project, weights, protocol):
    facts = training_of(project, protocol)
    assert facts.imported.file == "s2f net.keras"
    assert facts.imported.sha256 == sha256_of(weights)
    assert facts.imported.keras_version == "3.8.0"
    assert facts.epochs_run == 0
    assert "training" not in facts.config


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_audit_counts_test_images_that_the_network_may_know(project, protocol):
    splits = pd.read_parquet(project.demo / f"05_model_input/brisc/{protocol}/splits.parquet")
    index = pd.read_parquet(project.demo / "02_intermediate/brisc/index.parquet").set_index("image_id")
    test = splits.loc[splits["split"] == "test", "image_id"]
    overlap = training_of(project, protocol).imported.overlap
    assert overlap.test_images == len(test)
    assert overlap.official_training == (index["official_split"].loc[test] != "test").sum()
    assert (overlap.official_training > 0) == (protocol == "patient_safe")  # which cuts its own test set


def test_the_output_says_so_too(project):
    assert project.first_output.count("are official training images, on which it was trained") == 2
    assert project.first_output.count("Report: ") == 2
    assert "Traceback" not in project.first_output


def test_each_protocol_has_an_mlflow_run_of_its_own(project):
    with closing(sqlite3.connect(project.demo / "mlflow.db")) as store:
        runs = store.execute(
            "SELECT status, tags.value FROM runs JOIN tags USING (run_uuid) WHERE key = 'stopped'"
        ).fetchall()
        params = store.execute("SELECT key FROM params").fetchall()
    assert runs == [("FINISHED", "trained elsewhere")] * 2
    assert not [key for (key,) in params if key.startswith("training.")]


def test_networks_that_were_trained_elsewhere_are_compared_with_none(project):
    assert find_runs(project.demo) == []


def test_what_was_imported_is_not_imported_again(project, weights):
    output = project.kedro(*command(weights))
    assert output.count("Finished before: importing of brisc") == 2
    assert re.findall("Running: (.*)", output) == ["acquisition of brisc"]  # which is looked at each time


def test_an_imported_network_predicts(project):
    images = project.demo / "01_raw/brisc2025/classification_task/test/glioma"
    pipeline = f"--params=model=brisc_{VARIANT},images={images}"
    assert "Predicted 8 of 8 images" in project.kedro("run", "--env=demo", "--pipeline=predict", pipeline)


def test_refusals_come_before_any_image_is_prepared(tmp_path_factory, weights):
    project = Project(tmp_path_factory.mktemp("project"))
    for params, told in [
        ({"weights": "nowhere.keras"}, "there is no such file"),
        ({"cohort": "nothing"}, "cohort=nothing: There is none. Cohorts: brisc, "),
        ({"image_size": 48}, "Give --params=image_size=32x32"),
        ({"cohort": "chest"}, "needs 1, for NORMAL, PNEUMONIA"),
    ]:
        output = project.kedro(*command(weights, **params), succeeds=False)
        assert told in " ".join(output.split()), output
    output = project.kedro("run", "--env=demo", "--pipeline=import_published", succeeds=False)
    assert "weights is not named. For example" in output
    assert not (project.demo / "02_intermediate").exists()
