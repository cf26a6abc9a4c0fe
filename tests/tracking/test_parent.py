import mlflow
import pytest

from s3f_pipeline.tracking.parent import PARENT_VARIABLE, ParentRun
from s3f_pipeline.tracking.run import TrackedRun

SELECTION = {"cohorts": "brisc", "seeds": "2"}


@pytest.fixture
def uri(tmp_path, monkeypatch):
    monkeypatch.delenv(PARENT_VARIABLE, raising=False)
    yield f"sqlite:///{tmp_path}/mlflow.db"
    mlflow.end_run()


def tags_of_child(uri, folder):
    run = TrackedRun()
    run.start(uri, folder, "brisc", "spatial", params={}, tags={}, run_folder=folder)
    run_id = run.run_id
    run.end("FINISHED")
    return mlflow.MlflowClient(uri).get_run(run_id).data.tags


def test_runs_of_experiments_are_children(uri, tmp_path, monkeypatch):
    parent = ParentRun(uri, tmp_path, "sweeps", SELECTION)
    monkeypatch.setenv(PARENT_VARIABLE, parent.environment()[PARENT_VARIABLE])
    assert tags_of_child(uri, tmp_path)["mlflow.parentRunId"] == parent.run_id
    parent.end("FINISHED")
    found = mlflow.MlflowClient(uri).get_run(parent.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == SELECTION
    assert found.info.artifact_uri.startswith(f"file://{tmp_path}/mlartifacts/sweeps")


def test_a_parent_in_another_store_is_none(uri, tmp_path, monkeypatch):
    elsewhere = ParentRun(f"sqlite:///{tmp_path}/other.db", tmp_path, "sweeps", SELECTION)
    monkeypatch.setenv(PARENT_VARIABLE, elsewhere.environment()[PARENT_VARIABLE])
    assert "mlflow.parentRunId" not in tags_of_child(uri, tmp_path)


def test_runs_outside_of_sweeps_have_no_parent(uri, tmp_path):
    assert "mlflow.parentRunId" not in tags_of_child(uri, tmp_path)


def test_the_same_selection_goes_on_with_the_same_run(uri, tmp_path):
    first = ParentRun(uri, tmp_path, "sweeps", SELECTION)
    first.end("FAILED")
    again = ParentRun(uri, tmp_path, "sweeps", dict(reversed(SELECTION.items())))
    assert again.run_id == first.run_id
    assert mlflow.MlflowClient(uri).get_run(again.run_id).info.status == "RUNNING"
    other = ParentRun(uri, tmp_path, "sweeps", {**SELECTION, "seeds": "3"})
    assert other.run_id != first.run_id


def test_a_sweep_that_waits_for_a_cluster_is_not_taken_for_dead(uri, tmp_path):
    waiting = ParentRun(uri, tmp_path, "sweeps", SELECTION)
    client = mlflow.MlflowClient(uri)
    node = client.get_run(waiting.run_id).data.tags["process"].split()[0]
    client.set_tag(waiting.run_id, "process", f"{node} 999999999 1")
    waiting.end("SCHEDULED")
    ParentRun(uri, tmp_path, "sweeps", {**SELECTION, "seeds": "3"})
    assert client.get_run(waiting.run_id).info.status == "SCHEDULED"


def test_failing_tracking_is_a_warning(tmp_path, caplog):
    parent = ParentRun("nonsense://x", tmp_path, "sweeps", SELECTION)
    assert parent.environment() == {}
    parent.end("FINISHED")
    assert "The sweep goes on without a parent run" in caplog.text
