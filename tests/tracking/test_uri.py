import shutil
import sqlite3
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from mlflow import MlflowClient

from s3f_pipeline.tracking.uri import (
    artifact_folder,
    check_answers,
    database_of,
    local_store,
    reachable_or_local,
    tracking_uri,
)


def test_sqlite_below_the_data_folder_by_default(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking_uri(Path("/x/data/demo")) == "sqlite:////x/data/demo/mlflow.db"
    assert tracking_uri(Path("data")).startswith("sqlite:////")


def test_the_environment_variable_wins(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example:5000")
    assert tracking_uri(Path("data/demo")) == "http://mlflow.example:5000"


def test_artifacts_lie_beside_a_local_store_and_where_a_server_says():
    assert artifact_folder("sqlite:////home/x/mlflow.db", "brisc") == "file:///home/x/mlartifacts/brisc"
    assert artifact_folder("sqlite:///mlflow.db", "brisc").endswith("/mlartifacts/brisc")
    assert artifact_folder("http://mlflow.example:5000", "brisc") is None


@pytest.mark.parametrize("name", ["feature%2Fx", "study?final", "x#y", "100% \u00fc", "%41", "a@b:c"])
def test_a_folder_of_any_name_keeps_its_store_inside(tmp_path, empty_database, name):
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(empty_database, folder / "mlflow.db")
    uri = local_store(folder)
    assert database_of(uri) == folder / "mlflow.db"
    check_answers(uri, 1)
    client = MlflowClient(uri)
    experiment = client.create_experiment("x", artifact_location=artifact_folder(uri, "x"))
    run = client.create_run(experiment).info.run_id
    client.log_artifact(run, empty_database, "found")
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    assert [file.path for file in client.list_artifacts(run, "found")] == ["found/mlflow.db"]
    assert len(list(folder.glob("mlartifacts/x/*/artifacts/found/mlflow.db"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert sorted(path.name for path in folder.iterdir()) == ["mlartifacts", "mlflow.db"]


def test_a_server_that_does_not_answer_is_replaced_with_a_warning(caplog, tmp_path):
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        uri = f"http://127.0.0.1:{closed.server_port}"
    assert reachable_or_local(uri, tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    assert "does not answer" in caplog.text


@contextmanager
def answering(status):
    """A server that answers one request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        thread.join()


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("user", ["", "me:swordfish@"])
def test_a_server_that_answers_is_kept(status, user, tmp_path):
    with answering(status) as address:
        assert reachable_or_local(f"http://{user}{address}", tmp_path) == f"http://{user}{address}"


def test_a_proxy_whose_server_is_gone_does_not_count(tmp_path, caplog):
    with answering(503) as address:
        assert reachable_or_local(f"http://me:swordfish@{address}", tmp_path).startswith("sqlite:///")
    assert f"MLflow: http://{address} does not answer (503" in caplog.text
    assert "swordfish" not in caplog.text


def test_a_database_is_asked_whether_it_can_be_written(tmp_path):
    path = tmp_path / "new" / "mlflow.db"
    check_answers(f"sqlite:///{path}", seconds=1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            check_answers(f"sqlite:///{path}", seconds=0.1)
