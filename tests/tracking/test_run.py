import mlflow
import pytest

from s3f_pipeline.tracking.run import TrackedRun


def test_a_run_from_start_to_end(tracked, uri, tmp_path):
    run = tracked.start(uri)
    run_id = run.run_id
    run.log_epoch(1, {"loss": 2.0})
    run.log_epoch(2, {"loss": 1.0})
    run.log_file(tracked.write("report.html"))
    run.end("FINISHED")
    client = mlflow.MlflowClient(uri)
    found = client.get_run(run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == {"seed": "0"}
    assert found.data.tags["mlflow.user"]
    assert [m.step for m in client.get_metric_history(run_id, "epochs/loss")] == [1, 2]
    assert [file.path for file in client.list_artifacts(run_id)] == ["report.html"]
    assert found.info.artifact_uri.startswith(f"file://{tmp_path}/mlartifacts/brisc")
    assert not tracked.journal.exists()


def test_a_run_can_be_gone_on_with(tracked, uri):
    run = tracked.start(uri)
    run_id = run.run_id
    run.end("FAILED")
    tracked.start(uri, run_id=run_id)
    assert run.run_id == run_id
    assert mlflow.MlflowClient(uri).get_run(run_id).info.status == "RUNNING"
    run.end("FINISHED")
    assert mlflow.MlflowClient(uri).get_run(run_id).info.status == "FINISHED"


def test_epochs_that_are_trained_again_are_logged_once(tracked, uri):
    run = tracked.start(uri)
    for epoch in (1, 2, 3):
        run.log_epoch(epoch, {"loss": 1.0 / epoch})
    run_id = run.run_id
    tracked.start(uri, run_id=run_id)
    for epoch in (2, 3, 4):
        run.log_epoch(epoch, {"loss": 1.0 / epoch})
    run.log_metrics({"test_accuracy": 0.5})
    client = mlflow.MlflowClient(uri)
    assert [m.step for m in client.get_metric_history(run_id, "epochs/loss")] == [1, 2, 3, 4]
    assert [m.step for m in client.get_metric_history(run_id, "test_accuracy")] == [0]


def test_an_unknown_run_is_replaced_by_a_new_one(tracked, uri):
    run = tracked.start(uri, run_id="0" * 32)
    assert run.run_id not in (None, "0" * 32)


def test_an_experiment_that_another_process_makes_at_the_same_time_is_used(tracked, uri, monkeypatch):
    made = mlflow.MlflowClient(uri).create_experiment("brisc")
    find = mlflow.MlflowClient.get_experiment_by_name
    not_yet = iter([None])
    monkeypatch.setattr(
        mlflow.MlflowClient, "get_experiment_by_name", lambda *asked: next(not_yet, find(*asked))
    )
    run = tracked.start(uri)
    assert mlflow.MlflowClient(uri).get_run(run.run_id).info.experiment_id == made


def test_runs_of_dead_processes_are_marked(tracked, uri):
    client = mlflow.MlflowClient(uri)
    dead = tracked.start(uri).run_id
    node = client.get_run(dead).data.tags["process"].split()[0]
    client.set_tag(dead, "process", f"{node} 999999999 1")
    second = tracked.start(uri).run_id
    assert client.get_run(dead).info.status == "KILLED"
    assert client.get_run(second).info.status == "RUNNING"


def test_names_that_mlflow_refuses_are_made_safe(tracked, uri, caplog):
    run = tracked.start(uri)
    run_id = run.run_id
    run.log_epoch(1, {"f1 (glioma)?": 0.5})
    run.log_epoch(2, {"f1 (glioma)?": 0.5, "loss": 1.0})
    run.log_epoch(3, {"loss": 1.0})
    run.end("FINISHED")
    assert "refuses" not in caplog.text
    found = mlflow.MlflowClient(uri).get_run(run_id)
    assert found.data.metrics == {"epochs/f1 _glioma__": 0.5, "epochs/loss": 1.0}
    assert found.info.status == "FINISHED"


def test_calls_without_a_run_are_harmless(tmp_path):
    run = TrackedRun()
    run.log_epoch(1, {"loss": 1.0})
    run.log_file(tmp_path / "nothing.html")
    run.end("FINISHED")


def test_a_folder_that_cannot_be_written_is_no_more_than_a_warning(tracked, uri, caplog):
    tracked.run_folder.rmdir()
    tracked.run_folder.write_text("a file in place of the folder")
    run = tracked.start(uri)
    run.log_epoch(1, {"loss": 1.0})
    run.end("FINISHED")
    assert run.run_id is None
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == [
        f"MLflow: the journal of this run cannot be written (File exists: {tracked.run_folder}). "
        f"It will not be whole in MLflow."
    ]


def test_a_disk_that_is_full_for_a_while_costs_the_records_of_that_time(tracked, uri, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    run = tracked.start(uri)
    run_id = run.run_id
    with monkeypatch.context() as patch:
        patch.setattr(type(tracked.journal), "append", refuse)
        run.log_epoch(1, {"loss": 1.0})
        run.log_epoch(2, {"loss": 1.0})
    run.log_epoch(3, {"loss": 1.0})
    run.end("FINISHED")
    client = mlflow.MlflowClient(uri)
    assert [m.step for m in client.get_metric_history(run_id, "epochs/loss")] == [3]
    assert client.get_run(run_id).info.status == "FINISHED"
    assert caplog.text.count("cannot be written (No space left on device)") == 1


class KilledError(BaseException):
    """Ends a process in the middle of a call."""


def test_what_a_killed_process_was_telling_reaches_the_run_that_goes_on(tracked, uri, monkeypatch):
    run_id = tracked.start(uri).run_id

    def kill(*_, **__):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(mlflow.MlflowClient, "log_batch", kill)
        with pytest.raises(KilledError):
            tracked.run.log_epoch(1, {"loss": 1.0})
    run = tracked.start(uri, run_id=run_id)
    run.log_epoch(1, {"loss": 1.0})
    run.log_epoch(2, {"loss": 0.5})
    run.end("FINISHED")
    client = mlflow.MlflowClient(uri)
    assert [m.step for m in client.get_metric_history(run_id, "epochs/loss")] == [1, 2]
    assert client.get_run(run_id).info.status == "FINISHED"
    assert not tracked.journal.exists()


def test_a_killed_run_that_told_everything_is_in_nobodys_way_in_another_store(tracked, uri, tmp_path, caplog):
    first = tracked.start(uri).run_id
    other = f"sqlite:///{tmp_path}/other.db"
    run = tracked.start(other, run_id=first)
    assert run.run_id not in (None, first)
    run.end("FINISHED")
    assert not tracked.journal.exists()
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
