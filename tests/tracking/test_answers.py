"""What a store says when it does not take something, and what the user is told."""

import shutil
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import mlflow
import pytest

from s3f_pipeline.errors import TrackingError
from s3f_pipeline.tracking.answers import reason, why_not
from s3f_pipeline.tracking.parent import ParentRun
from s3f_pipeline.tracking.sending import open_store, send_journal


def test_the_reason_is_what_the_system_said_without_credentials():
    wrapped = RuntimeError("GET http://me:swordfish@host/health failed")
    assert reason(wrapped) == "GET http://host/health failed"
    wrapped.__context__ = ValueError(ConnectionRefusedError(111, "Connection refused"))
    assert reason(wrapped) == "Connection refused"


def test_an_experiment_in_the_bin_is_named_with_what_restores_it(tracked, uri, tmp_path, caplog):
    client = mlflow.MlflowClient(uri)
    experiment = client.create_experiment("brisc")
    client.delete_experiment(experiment)
    run = tracked.start(uri)
    run.log_epoch(1, {"loss": 1.0})
    run.end("FINISHED")
    command = f"mlflow experiments restore --experiment-id {experiment}"
    assert f"the experiment 'brisc' of {uri} lies in the bin. Restore it with" in caplog.text
    assert command in caplog.text
    assert "does not answer" not in caplog.text
    with pytest.raises(TrackingError, match=command):
        send_journal(tracked.journal, open_store(uri, tracked.folder))

    client.restore_experiment(experiment)
    (line,) = send_journal(tracked.journal, open_store(uri, tracked.folder))
    assert "FINISHED" in line
    assert not tracked.journal.exists()


def test_a_sweep_goes_on_without_an_experiment_for_its_parent(uri, tmp_path, caplog):
    client = mlflow.MlflowClient(uri)
    client.delete_experiment(client.create_experiment("sweeps"))
    assert ParentRun(uri, tmp_path, "sweeps", {"cohorts": "all"}).run_id is None
    assert "lies in the bin" in caplog.text


def change_version(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
        database.commit()


def write_nonsense(path):
    path.write_bytes(b"this is no database" * 100)


def make_a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (change_version, "was made by another version of MLflow"),
        (write_nonsense, "is damaged or no database"),
        (make_a_folder, "cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_used(tracked, empty_database, tmp_path, caplog, damage, words):
    path = tmp_path / damage.__name__
    shutil.copy(empty_database, path)
    damage(path)
    run = tracked.start(f"sqlite:///{path}")
    run.log_epoch(1, {"loss": 1.0})
    run.end("FINISHED")
    assert words in caplog.text
    assert len(tracked.journal.read().records) == 3


ANSWERS = [
    (401, b"You are not authenticated", "does not know who asks", "MLFLOW_TRACKING_USERNAME"),
    (403, b'{"error_code": "PERMISSION_DENIED", "message": "read only"}', "read only", "who may write there"),
    (403, b"Forbidden", "does not let this user write", "who may write there"),
    (404, b"nothing here", "not as an MLflow server does", "MLFLOW_TRACKING_URI names the server"),
    (500, b"oops", "reports a fault of its own", "log"),
    (200, b"<html>Sign in</html>", "not as an MLflow server does", "sign in"),
]


@pytest.mark.parametrize(("status", "body", "words", "remedy"), ANSWERS)
def test_a_server_that_answers_and_refuses(tracked, monkeypatch, caplog, status, body, words, remedy):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            healthy = self.path == "/health"
            self.send_response(200 if healthy else status)
            self.end_headers()
            self.wfile.write(b"OK" if healthy else body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run = tracked.start(f"http://me:swordfish@127.0.0.1:{server.server_port}")
        run.log_epoch(1, {"loss": 1.0})
        run.end("FINISHED")
        server.shutdown()
    assert f"MLflow: http://127.0.0.1:{server.server_port} " in caplog.text
    assert words in caplog.text
    assert remedy in caplog.text
    assert "does not answer" not in caplog.text
    assert "swordfish" not in caplog.text
    assert len(tracked.journal.read().records) == 3


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("http://me:tr0ub/4dor#x@127.0.0.1:9/x", "is no address"),
        ("htp://me:swordfish@127.0.0.1:9/x", "is no address of a store"),
        ("nonsense+driver://me:swordfish@127.0.0.1:9/x", "is no address of a store"),
    ],
)
def test_an_address_that_is_none(tracked, caplog, uri, words):
    tracked.start(uri).end("FINISHED")
    assert not [secret for secret in ("swordfish", "tr0ub", "4dor") if secret in caplog.text]
    assert words in caplog.text


def test_a_file_that_may_not_be_written_is_named():
    error = PermissionError(13, "Permission denied", "/x/mlartifacts")
    assert why_not("sqlite:////x/mlflow.db", error) == (
        "sqlite:////x/mlflow.db cannot be written (Permission denied: /x/mlartifacts). "
        "Give this user the right to write the file and its folder"
    )
