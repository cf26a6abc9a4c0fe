import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import nbformat
import pandas as pd
import pytest
from browser import BROWSER, free_port, open_page, wait_for
from end_to_end_project import Project
from nbclient import NotebookClient

from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.results import RunId, find_runs

pytestmark = pytest.mark.slow
IMAGES = "data/demo/01_raw/brisc2025/classification_task"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The project, with the small demonstration run once."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.first_output = project.kedro("run", "--env=demo", "--pipeline=brisc_bilinear")
    return project


def test_every_promised_file_is_there(project):
    run = project.run_folder
    for path in [
        "01_raw/brisc2025/provenance.json",
        "02_intermediate/brisc/index.parquet",
        "02_intermediate/brisc/quality.json",
        "03_primary/brisc/images_32x32.npy",
        "05_model_input/brisc/leakage_audit.json",
        "05_model_input/brisc/patient_safe/splits.parquet",
        f"06_models/{run}/model.keras",
        f"06_models/{run}/history.csv",
        f"06_models/{run}/training.json",
        f"06_models/{run}/bundle/checksums.json",
        f"07_model_output/{run}/predictions.parquet",
        f"08_reporting/{run}/metrics.json",
        f"08_reporting/{run}/evaluation/confusion_matrix.svg",
        f"08_reporting/{run}/report.html",
    ]:
        assert (project.demo / path).is_file(), path
    assert not [path for path in project.demo.rglob(".*partial*") if path.exists()]


def test_the_run_is_found_with_all_that_it_has_left(project):
    (run,) = find_runs(project.demo)
    assert run.id == RunId("brisc", "patient_safe", "bilinear", 0)
    assert (run.conditions.image_size, run.conditions.epochs, run.conditions.synthetic) == ((32, 32), 2, True)
    predictions, summary = run.predictions(), run.split_summary()
    assert len(predictions) == summary.validation.images + summary.test.images
    used = sum(side.images for side in summary.sides.values())
    assert run.audit().images == used + summary.excluded.images
    path = project.demo / "08_reporting/brisc/patient_safe/bilinear/summary.json"
    assert json.loads(path.read_text())["metrics"]["accuracy"]["mean"] == run.metrics.test.accuracy


def test_the_output_tells_what_a_user_wants_to_know(project):
    output = project.first_output
    for words in [
        "Log file: ",
        "Estimate: ",
        "Epoch 2/2",
        "synthetic phantoms, no medical meaning",
        "Report: ",
        "kedro mlflow ui --env=demo",
    ]:
        assert words in output
    assert re.search(r"on \d+ test images", output)
    assert "Traceback" not in output
    assert "deprecated" not in output


def test_the_log_file_holds_the_run(project):
    log = min((project.demo / "logs").glob("*_brisc_bilinear_seed-0.log"))
    assert "Running: training of brisc.patient_safe.bilinear" in log.read_text()


def test_a_finished_experiment_is_not_run_again(project):
    model = project.demo / "06_models" / project.run_folder / "model.keras"
    before = model.stat().st_mtime_ns
    output = project.kedro("run", "--env=demo", "--pipeline=brisc_bilinear")
    assert "Finished before: training of brisc.patient_safe.bilinear" in output
    assert "Epoch" not in output
    assert model.stat().st_mtime_ns == before


def test_edited_figures_are_never_taken_over(project):
    folder = project.demo / "08_reporting" / project.run_folder
    metrics = folder / "metrics.json"
    whole = json.loads(metrics.read_text())
    edited = {**whole, "test": {**whole["test"], "accuracy": 9.25}}
    metrics.write_text(json.dumps(edited, indent=1))
    output = project.kedro("run", "--env=demo", "--pipeline=brisc_bilinear")
    assert f"{metrics} was " in output
    assert "evaluation of brisc.patient_safe.bilinear is made again" in output
    assert "Finished before: training of brisc.patient_safe.bilinear" in output
    assert json.loads(metrics.read_text()) == whole
    assert "9.25" not in (folder / "report.html").read_text()


def test_a_damaged_image_store_costs_no_training(project):
    store = project.demo / "03_primary/brisc/images_32x32.npy"
    whole = store.read_bytes()
    store.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    command = ("run", "--env=demo", "--pipeline=brisc_bilinear")
    output = project.kedro(
        *command, "--tags=training,evaluation,explanation,bundling,reporting", succeeds=False
    )
    assert f"{store} was changed after it was written" in output[output.index("Error: ") :]
    output = project.kedro(*command)
    assert "resizing of brisc.32x32 is made again" in output
    assert "Finished before: ingestion of brisc" in output
    assert "Finished before: training of brisc.patient_safe.bilinear" in output
    assert store.read_bytes() == whole


def test_forced_runs_predict_the_same_to_the_byte(project):
    path = project.demo / "07_model_output" / project.run_folder / "predictions.parquet"
    before = pd.read_parquet(path)
    output = project.kedro("run", "--env=demo", "--pipeline=brisc_bilinear", "--params=force=true")
    assert "Epoch 2/2" in output
    pd.testing.assert_frame_equal(pd.read_parquet(path), before, check_exact=True)


def test_the_audit_finds_the_planted_twins(project):
    audit = json.loads((project.demo / "05_model_input/brisc/leakage_audit.json").read_text())
    assert audit["across_official_splits"]["test_images_with_twin_outside_test"] >= 4
    splits = pd.read_parquet(project.demo / "05_model_input/brisc/patient_safe/splits.parquet")
    sides = splits[splits["split"] != "excluded"].groupby("group")["split"].nunique()
    assert sides.max() == 1


def test_patients_stay_on_one_side_and_the_guarantee_is_mixed(project):
    index = pd.read_parquet(project.demo / "02_intermediate/brisc/index.parquet").set_index("image_id")
    splits = pd.read_parquet(project.demo / "05_model_input/brisc/patient_safe/splits.parquet")
    subjects = splits["image_id"].map(index["subject"])
    assert splits.groupby(subjects)["split"].nunique().max() == 1
    assert subjects.groupby(splits["image_id"].map(index["label"])).count()["no_tumor"] == 0
    assert index.groupby("subject")["official_split"].nunique().max() == 2
    assert {"patient", "near_duplicate"} <= set(splits["guarantee"])


def test_the_demo_links_phantoms_to_phantoms(project):
    output = project.kedro("run", "--env=demo", "--pipeline=brisc_link_patients")
    report = json.loads((project.demo / "02_intermediate/brisc/link_report.json").read_text())
    agreement = report["agreement"]
    assert agreement["same"] == report["matched"] > 60
    assert not agreement["different"] + agreement["found_but_not_in_use"] + agreement["in_use_but_not_found"]
    assert {"same", "mirrored"} == set(report["orientations"])
    assert f"{report['matched']} of 128 images of brisc are in cheng" in output
    assert "UserWarning" not in output


def test_one_mlflow_run_with_everything(project):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{project.demo}/mlflow.db")
    experiment = client.get_experiment_by_name("demo-brisc")
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    first = runs[0]
    assert first.info.status == "FINISHED"
    assert first.data.tags["protocol"] == "patient_safe"
    assert first.data.tags["selection"] == "selected on validation"
    assert len(first.data.tags["data_hash"]) == 64
    assert first.data.params["training.epochs"] == "2"
    assert "test/accuracy" in first.data.metrics
    steps = [metric.step for metric in client.get_metric_history(first.info.run_id, "epochs/loss")]
    assert steps == [1, 2]
    artifacts = {file.path for file in client.list_artifacts(first.info.run_id)}
    assert artifacts == {"1_report", "2_results", "3_explanation", "4_files"}


def test_the_logged_model_predicts_the_same_in_a_clean_process(project, tmp_path):
    import mlflow

    uri = f"sqlite:///{project.demo}/mlflow.db"
    client = mlflow.MlflowClient(uri)
    training = json.loads((project.demo / "06_models" / project.run_folder / "training.json").read_text())
    run = client.get_run(training["mlflow_run_id"])
    (model,) = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    assert model.artifact_location
    output = project.demo / "07_model_output" / project.run_folder
    predictions = pd.read_parquet(output / "predictions.parquet")
    script = textwrap.dedent(
        """
        import sys, json
        import numpy as np, pandas as pd, mlflow
        uri, model_id, demo, out = sys.argv[1:]
        mlflow.set_tracking_uri(uri)
        served = mlflow.pyfunc.load_model(f"models:/{model_id}")
        assert served.metadata.signature is not None
        index = pd.read_parquet(f"{demo}/02_intermediate/brisc/index.parquet")
        images = np.load(f"{demo}/03_primary/brisc/images_32x32.npy") / np.float32(255)
        answers = [answer for image in images for answer in served.predict([{"array": image}])]
        np.save(out, [list(answer["probabilities"].values()) for answer in answers])
        """
    )
    environment = {k: v for k, v in project.environment().items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script, uri, model.model_id, str(project.demo), str(tmp_path / "p.npy")],
        env=environment, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    import numpy as np

    served = np.load(tmp_path / "p.npy")
    index = pd.read_parquet(project.demo / "02_intermediate/brisc/index.parquet")
    rows = index.reset_index().set_index("image_id").loc[predictions["image_id"], "index"]
    ours = predictions.filter(like="p_").to_numpy()
    np.testing.assert_allclose(served[rows], ours, rtol=0, atol=1e-5)  # one by one, and in batches


def test_the_report_is_one_file_and_marked(project):
    html = (project.demo / "08_reporting" / project.run_folder / "report.html").read_text()
    assert "Synthetic phantoms, no medical meaning" in html
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", html)


def test_the_second_seed_says_that_the_test_set_was_opened_before(project):
    assert "test set opened" not in project.first_output
    output = project.kedro("run", "--env=demo", "--pipeline=brisc_bilinear", "--params=seed=1")
    assert "test set opened for the 2nd time by this network" in output
    folder = project.demo / "08_reporting" / project.run_folder.parent
    openings = json.loads((folder / "seed-1/metrics.json").read_text())["test_openings"]
    assert openings["by_variant"] == 2
    assert "opened for the 2nd time by this network" in (folder / "seed-1/report.html").read_text()
    first = project.kedro("run", "--env=demo", "--pipeline=brisc_bilinear")
    assert "Finished before: evaluation of brisc.patient_safe.bilinear" in first
    assert "test set opened" not in first


def test_published_is_marked_selected_on_test(project):
    output = project.kedro("run", "--env=demo", "--pipeline=brisc_spatial_published")
    assert "selected on test: optimistic" in output
    folder = project.demo / "08_reporting/brisc/published/spatial/seed-0"
    assert json.loads((folder / "metrics.json").read_text())["selected_on_test"] is True
    assert "selected on test" in (folder / "report.html").read_text().lower()


def test_a_second_process_on_the_same_experiment_is_refused(project):
    endless = "--params=training.epochs=9999,training.early_stopping_patience=9999"
    with project.started("run", "--env=demo", "--pipeline=brisc_concat", endless) as first:
        for line in first.stdout:
            if "Running: training" in line:
                break
        output = project.kedro("run", "--env=demo", "--pipeline=brisc_concat", succeeds=False)
        assert "Error: Another process is working on brisc.patient_safe.concat (seed-0)" in output
        assert "Traceback" not in output
        for line in first.stdout:
            if "Epoch 1/9999" in line:
                break
        resized = project.kedro("run", "--env=demo", "--pipeline=brisc_audit", "--params=image_size=48")
        assert "Running: resizing of brisc.48x48" in resized
        for stage in ("ingestion of brisc", "splitting of brisc"):
            assert f"Finished before: {stage}" in resized
        smaller = "--params=ingestion.max_megapixels=63"
        refused = project.kedro("run", "--env=demo", "--pipeline=brisc_audit", smaller, succeeds=False)
        assert "Error: brisc_concat (seed-0) is running in another process and reads what" in refused
        first.send_signal(signal.SIGTERM)
        rest, _ = first.communicate(timeout=60)
        assert first.returncode == 143
        assert "Interrupted by SIGTERM" in rest
    with sqlite3.connect(project.demo / "mlflow.db") as database:
        statuses = [row[0] for row in database.execute("select status from runs")]
    assert statuses.count("KILLED") == 1
    assert "RUNNING" not in statuses
    assert not (project.demo / "06_models/brisc/patient_safe/concat/seed-0/model.keras").exists()


def test_a_run_makes_the_parameters_of_its_own_pipeline(project):
    script = """
        from kedro.framework.session import KedroSession
        from kedro.framework.startup import bootstrap_project
        from s3f_pipeline.config.loader import PROJECT

        bootstrap_project(PROJECT)
        from s3f_pipeline.pipelines.runner import StageRunner

        class CountingRunner(StageRunner):
            def run(self, pipeline, catalog, *arguments, **options):
                done = super().run(pipeline, catalog, *arguments, **options)
                print("parameters:", len([name for name in catalog if name.startswith("param")]))
                return done

        with KedroSession.create(PROJECT, env="demo") as session:
            session.run(pipeline_names=["brisc_bilinear"], runner=CountingRunner())
    """
    output = project.python("-c", textwrap.dedent(script))
    assert "Finished before: reporting of brisc.patient_safe.bilinear" in output
    assert 20 < int(output.rpartition("parameters: ")[2].split()[0]) < 300, output


def test_cohorts_are_listed_with_what_is_prepared_and_finished(project):
    lines = project.kedro("cohorts", "--env=demo").splitlines()
    cells = {line.split("  ")[0]: line.split() for line in lines if line.strip()}
    finished = " ".join(cells["brisc"][4:]).replace(",", " ").split()
    assert cells["brisc"][:4] == ["brisc", "32x32", "4", "yes"]
    assert "bilinear" in finished
    assert cells["chest"][:3] == ["chest", "32x32", "2"]
    split = {path.parts[-3] for path in project.demo.glob("05_model_input/*/patient_safe/splits.parquet")}
    assert {name for name, row in cells.items() if len(row) > 3 and row[3] == "yes"} == split
    assert any(line.startswith("Networks: spatial, spectral, concat, bilinear, gated") for line in lines)


def test_the_notebook_runs_from_top_to_bottom(project, monkeypatch):
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)
    path = project.root / "notebooks/01_one_experiment.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("64x64.images", "32x32.images")
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    printed = str([cell.get("outputs") for cell in notebook.cells])
    assert "with_twins" in printed
    assert "report.html" in printed


def predict(project, params, *, succeeds=True):
    return project.kedro("run", "--env=demo", "--pipeline=predict", f"--params={params}", succeeds=succeeds)


def results(project, name):
    folder = project.demo / "07_model_output/predictions" / name
    return pd.read_parquet(folder / "predictions.parquet"), json.loads(
        (folder / "prediction.json").read_text()
    )


@pytest.fixture(scope="module")
def predicted(project):
    return predict(project, f"model=brisc_bilinear,images={IMAGES},label=folder,name=labelled")


def test_a_finished_experiment_has_a_bundle(project):
    folder = project.demo / "06_models" / project.run_folder / "bundle"
    says = open_bundle(folder).preprocessing
    assert (says.name, says.trained_on.synthetic) == ("brisc_bilinear", True)
    assert f"Bundle: {folder}" in project.first_output.replace("\n", "")


def test_predictions_are_those_of_the_evaluation(project, predicted):
    """The same images, once from raw files with the bundle, once from the image store."""
    table, summary = results(project, "labelled")
    evaluated = pd.read_parquet(
        project.demo / "07_model_output" / project.run_folder / "predictions.parquet"
    ).set_index("image_id")
    table["image_id"] = table["image"].str.extract(r"([^/]+)\.\w+$")
    both = table[table["image_id"].isin(evaluated.index)].set_index("image_id")
    assert len(both) > 20
    expected = evaluated.loc[both.index]
    for name in summary["classes"]:
        for column in (f"p_{name}", f"calibrated_{name}"):
            assert both[column].to_numpy() == pytest.approx(expected[column].to_numpy(), abs=0.02)
    assert summary["evaluation"]["metrics"]["n"] == len(table) == summary["listed"]


def test_training_images_are_known_again(project, predicted):
    table, _ = results(project, "labelled")
    splits = pd.read_parquet(project.demo / "05_model_input/brisc/patient_safe/splits.parquet")
    split = splits.set_index("image_id")["split"]
    of_training = table["image"].str.extract(r"([^/]+)\.\w+$")[0].map(split) == "train"
    assert of_training.any()
    assert (table.loc[of_training, "twin_bits"] == 0).all()
    assert table.loc[of_training, "nearest_distance"].max() < table["nearest_distance"].max() / 4


def test_the_output_tells_what_came_out(predicted):
    for words in ("Predicted 128 of 128 images", "Against the labels: accuracy", "Table: ", "Page:  "):
        assert words in predicted


def test_a_bundle_is_enough_wherever_it_lies(project, tmp_path):
    """A copy of the bundle, a zip file, a broken image."""
    bundle = shutil.copytree(project.demo / "06_models" / project.run_folder / "bundle", tmp_path / "given")
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for path in sorted((project.root / IMAGES / "test/glioma").iterdir())[:3]:
            archive.write(path, path.name)
        archive.writestr("broken.png", b"no image")
    output = predict(project, f"model={bundle},images={tmp_path / 'images.zip'}")
    assert "Images that could not be read, and have no prediction: 1, such as broken.png" in output
    table, summary = results(project, "given_images.zip")
    assert len(table) == 3
    assert [each["path"] for each in summary["unreadable"]] == ["broken.png"]
    again = predict(project, f"model={bundle},images={tmp_path / 'images.zip'}")
    assert "Predicted 3 of 4 images (3 of them by an earlier run)" in again
    folder = project.demo / "07_model_output/predictions/given_images.zip"
    assert not (folder / ".unpacked").exists()


def test_an_exported_network_says_what_the_trained_one_does(project):
    output = project.kedro(
        "run", "--env=demo", "--pipeline=export", "--params=model=brisc_bilinear,format=onnx"
    )
    folder = project.demo / "09_exports/brisc_bilinear"
    record = json.loads((folder / "export.json").read_text())
    equality = record["equality"]
    assert equality["images"] == 100
    assert re.fullmatch(r"\d+ test images( and \d+ others)? of brisc", equality["origin"])
    assert equality["largest_difference"] <= 1e-4
    assert "Exported: probabilities differ from the trained network's by at most" in output
    picture = sorted((project.root / IMAGES / "test/glioma").iterdir())[0]
    told = subprocess.run(
        [sys.executable, "-I", folder / "predict.py", picture], capture_output=True, text=True, check=True
    )
    assert list(json.loads(told.stdout))[1:] == list(
        json.loads((folder / "preprocessing.json").read_text())["classes"]
    )


def test_a_network_that_was_not_trained_is_named_with_its_command(project):
    output = predict(project, f"model=brisc_spatial,images={IMAGES}", succeeds=False)
    assert "kedro run --env=demo --pipeline=brisc_spatial --params=seed=0" in " ".join(output.split())
    assert "Traceback" not in output


@contextmanager
def ended(server: subprocess.Popen[str]) -> Iterator[None]:
    """End a server with those that it has started."""
    try:
        yield
    finally:
        server.terminate()
        server.wait(30)


needs_browser = pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome")


@needs_browser
def test_mlflow_shows_experiment_run_and_registered_model(project):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{project.demo}/mlflow.db")
    training = json.loads((project.demo / "06_models" / project.run_folder / "training.json").read_text())
    run = client.get_run(training["mlflow_run_id"])
    experiment, port = run.info.experiment_id, free_port()
    with project.started("mlflow", "ui", "--env=demo", f"--port={port}") as server, ended(server):
        wait_for(port)
        address = f"http://127.0.0.1:{port}/#"
        pages = {
            "/experiments": ["demo-brisc"],
            f"/experiments/{experiment}/runs": ["bilinear patient_safe seed-0"],
            f"/experiments/{experiment}/runs/{run.info.run_id}": [
                "test/accuracy",
                f"{run.data.metrics['test/accuracy']}"[:8],
                "How good is it?",
                "patient_safe",
            ],
            f"/experiments/{experiment}/runs/{run.info.run_id}/artifacts": ["1_report", "2_results"],
            "/models/demo-brisc_bilinear": ["@ challenger", "Version"],
        }
        for place, words in pages.items():
            page = open_page(address + place)
            assert not [word for word in words if word not in page.text], (place, page.text)
            assert not [line for line in page.console if ":ERROR:" in line]


@needs_browser
def test_our_pages_have_nothing_to_say_to_the_console(project, predicted):
    report = project.demo / "08_reporting" / project.run_folder / "report.html"
    for path in (report, project.demo / "07_model_output/predictions/labelled/predictions.html"):
        page = open_page(path.as_uri())
        assert len(page.text) > 1000
        assert page.console == []
