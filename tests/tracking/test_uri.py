import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from s3f_pipeline.tracking.uri import artifact_folder, reachable_or_local, tracking_uri


def test_sqlite_beside_the_project_by_default(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking_uri().startswith("sqlite:////")
    assert tracking_uri().endswith("/mlflow.db")
    assert tracking_uri("data/demo").endswith("/data/demo/mlflow.db")


def test_the_environment_variable_wins(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example:5000")
    assert tracking_uri("data/demo") == "http://mlflow.example:5000"


def test_artifacts_lie_beside_a_local_store_and_where_a_server_says():
    assert artifact_folder("sqlite:////home/x/mlflow.db", "brisc") == "file:///home/x/mlartifacts/brisc"
    assert artifact_folder("http://mlflow.example:5000", "brisc") is None


def test_a_server_that_does_not_answer_is_replaced_with_a_warning(caplog):
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        uri = f"http://127.0.0.1:{closed.server_port}"
    assert reachable_or_local(uri).startswith("sqlite:////")
    assert "does not answer" in caplog.text


@pytest.mark.parametrize("status", [200, 401])
def test_a_server_that_answers_is_kept(status):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        uri = f"http://127.0.0.1:{server.server_port}"
        assert reachable_or_local(uri) == uri
        thread.join()
