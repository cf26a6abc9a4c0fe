from pathlib import Path

import mlflow
import pytest

from s3f_pipeline.tracking.run import TrackedRun


@pytest.fixture
def uri(tmp_path):
    yield f"sqlite:///{tmp_path}/mlflow.db"
    mlflow.end_run()


def start(run, uri, **changes):
    run.start(
        uri, Path(), "brisc", "spatial", params={"seed": 0}, tags={"protocol": "patient_safe"}, **changes
    )


def test_a_run_from_start_to_end(uri, tmp_path):
    run = TrackedRun()
    start(run, uri)
    run_id = run.run_id
    run.log_epoch(1, {"loss": 2.0})
    run.log_epoch(2, {"loss": 1.0})
    (tmp_path / "report.html").write_text("<html>")
    run.log_file(tmp_path / "report.html")
    run.end("FINISHED")
    client = mlflow.MlflowClient(uri)
    found = client.get_run(run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == {"seed": "0"}
    assert [m.step for m in client.get_metric_history(run_id, "loss")] == [1, 2]
    assert [file.path for file in client.list_artifacts(run_id)] == ["report.html"]
    assert found.info.artifact_uri.startswith(f"file://{tmp_path}/mlartifacts/brisc")


def test_a_run_can_be_gone_on_with(uri):
    run = TrackedRun()
    start(run, uri)
    run_id = run.run_id
    run.end("FAILED")
    start(run, uri, run_id=run_id)
    assert run.run_id == run_id
    run.end("FINISHED")
    assert mlflow.MlflowClient(uri).get_run(run_id).info.status == "FINISHED"


def test_an_unknown_run_is_replaced_by_a_new_one(uri):
    run = TrackedRun()
    start(run, uri, run_id="0" * 32)
    assert run.run_id not in (None, "0" * 32)
    run.end("FINISHED")


def test_runs_of_dead_processes_are_marked(uri):
    run = TrackedRun()
    start(run, uri)
    dead = run.run_id
    node = mlflow.get_run(dead).data.tags["process"].split()[0]
    mlflow.set_tag("process", f"{node} 999999999 1")
    mlflow.end_run("RUNNING")
    second = TrackedRun()
    start(second, uri)
    client = mlflow.MlflowClient(uri)
    assert client.get_run(dead).info.status == "KILLED"
    assert client.get_run(second.run_id).info.status == "RUNNING"
    second.end("FINISHED")


def test_a_store_that_fails_is_a_warning_and_no_more(tmp_path, caplog):
    (tmp_path / "mlflow.db").write_bytes(b"this is no database" * 100)
    run = TrackedRun()
    start(run, f"sqlite:///{tmp_path}/mlflow.db")
    assert run.run_id is None
    assert "MLflow: start failed" in caplog.text
    run.log_epoch(1, {"loss": 1.0})
    run.log_file(tmp_path / "nothing.html")
    run.end("FINISHED")
