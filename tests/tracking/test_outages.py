"""Stores that go away while a network trains."""

import re
import signal
import sqlite3
import time

import mlflow
import pytest

from s3f_pipeline.tracking import run as run_module
from s3f_pipeline.tracking.sending import open_store, send_journal


@pytest.fixture(autouse=True)
def _settings(monkeypatch):
    """What our entry point sets (see ``startup``)."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")


def epochs(run, first, last):
    """Log epochs, and return how many seconds that took."""
    began = time.perf_counter()
    for epoch in range(first, last + 1):
        run.log_epoch(epoch, {"loss": 1 / epoch, "accuracy": 1 - 1 / epoch})
    return time.perf_counter() - began


def steps(client, run_id):
    return [metric.step for metric in client.get_metric_history(run_id, "epochs/loss")]


def test_a_server_that_dies_and_comes_back(tracked, server, caplog):
    run = tracked.start(server.uri)
    run_id = run.run_id
    epochs(run, 1, 3)
    server.kill()
    assert epochs(run, 4, 60) < 2
    run.log_file(tracked.write("report.html"), "evaluation")
    reason = r"\((Connection .*|Remote end closed connection .*)\)"
    assert len(re.findall(rf"does not answer {reason}\. The run goes on", caplog.text)) == 1
    run.end("FINISHED")
    assert "Send it with: kedro send-runs" in caplog.text
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2
    ended = tracked.journal.read().records[-1]["time"]

    server.start()
    (line,) = send_journal(tracked.journal, open_store(server.uri, tracked.folder))
    assert line == f"brisc, spatial: 59 records sent to run {run_id}, FINISHED"
    client = mlflow.MlflowClient(server.uri)
    assert steps(client, run_id) == list(range(1, 61))
    assert [file.path for file in client.list_artifacts(run_id, "evaluation")] == ["evaluation/report.html"]
    assert client.get_run(run_id).info.end_time == ended
    assert not tracked.journal.exists()


def test_a_server_that_hangs_is_asked_rarely_and_gets_everything_in_the_end(tracked, server, caplog):
    run = tracked.start(server.uri)
    run_id = run.run_id
    server.signal(signal.SIGSTOP)
    assert epochs(run, 1, 30) < 4
    server.signal(signal.SIGCONT)
    run.end("FAILED")
    client = mlflow.MlflowClient(server.uri)
    assert steps(client, run_id) == list(range(1, 31))
    assert client.get_run(run_id).info.status == "FAILED"
    assert not tracked.journal.exists()
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


def test_a_database_that_another_process_locks_for_some_epochs(tracked, uri, database, monkeypatch, caplog):
    run = tracked.start(uri)
    run_id = run.run_id
    epochs(run, 1, 2)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(run_module, "FIRST_PAUSE", 0)
    monkeypatch.setattr(run_module, "PAUSE_PER_SECOND", 0.1)
    assert epochs(run, 3, 50) < 6
    assert caplog.text.count("does not answer (database is locked)") == 1
    other.execute("ROLLBACK")
    other.close()
    time.sleep(1)
    epochs(run, 51, 52)
    assert tracked.journal.read().is_delivered
    assert run.run_id == run_id
    assert steps(mlflow.MlflowClient(uri), run_id) == list(range(1, 53))


def test_a_database_that_is_locked_at_the_start(tracked, uri, database):
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    run = tracked.start(uri)
    assert run.run_id is None
    epochs(run, 1, 2)
    other.execute("ROLLBACK")
    other.close()
    started = tracked.journal.read().records[0]["time"]
    run.end("FINISHED")
    client = mlflow.MlflowClient(uri)
    (found,) = client.search_runs([client.get_experiment_by_name("brisc").experiment_id])
    assert found.info.start_time == started
    assert steps(client, found.info.run_id) == [1, 2]
    assert found.data.params == {"seed": "0"}


def test_what_a_killed_run_left_is_delivered_when_the_next_one_starts(tracked, uri, database):
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    epochs(tracked.start(uri), 1, 2)  # and then its process dies
    other.execute("ROLLBACK")
    other.close()
    run = tracked.start(uri)
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("brisc").experiment_id
    new, old = client.search_runs([experiment], order_by=["attributes.start_time DESC"])
    assert (new.info.run_id, new.info.status) == (run.run_id, "RUNNING")
    assert old.info.status == "KILLED"
    assert steps(client, old.info.run_id) == [1, 2]
    assert tracked.journal.read().is_delivered


def test_a_journal_that_cannot_be_read_is_put_aside(tracked, uri, caplog):
    tracked.journal.path.write_text("not what we write\n")
    run = tracked.start(uri)
    assert run.run_id is not None
    assert "unlogged.jsonl, line 1, cannot be read" in caplog.text
    assert tracked.journal.path.with_suffix(".unreadable").read_text() == "not what we write\n"


def test_passwords_stay_out_of_files_and_warnings(tracked, caplog, monkeypatch):
    monkeypatch.setattr(run_module, "reachable_or_local", lambda uri, folder: uri)
    run = tracked.start("http://me:swordfish@127.0.0.1:9")
    run.log_epoch(1, {"loss": 1.0})
    run.end("FINISHED")
    assert "http://127.0.0.1:9 does not answer" in caplog.text
    assert "swordfish" not in caplog.text
    assert "swordfish" not in tracked.journal.path.read_text()
