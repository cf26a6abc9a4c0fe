"""``kedro mlflow ui``."""

import os
import sys

import pytest
from click.testing import CliRunner
from kedro.framework.session import KedroSession

from s3f_pipeline.cli import cli
from s3f_pipeline.config import loader as loader_module


class Ui:
    """Asks for the pages of a project, and remembers which command was started for them."""

    def __init__(self, monkeypatch):
        self.uri, self.command = "", None
        monkeypatch.setattr(
            KedroSession, "create", lambda env: type("", (), {"load_context": lambda _: None})()
        )
        monkeypatch.setattr(
            loader_module, "current_loader", lambda: {"mlflow": {"server": {"mlflow_tracking_uri": self.uri}}}
        )
        monkeypatch.setattr(os, "execv", self.execute)

    def execute(self, program, command):
        assert program == sys.executable
        self.command = command

    def ask(self, *arguments):
        return CliRunner().invoke(cli, ["mlflow", "ui", *arguments])


@pytest.fixture
def ui(monkeypatch):
    return Ui(monkeypatch)


def test_the_local_store_is_opened_where_the_user_says(ui, tmp_path):
    ui.uri = f"sqlite:///{tmp_path}/new/mlflow.db"
    done = ui.ask("--port=5007")
    assert done.exit_code == 0, done.output
    assert ui.command == [
        *(sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", ui.uri),
        *("--host", "127.0.0.1", "--port", "5007", "--workers", "1"),
    ]
    assert (tmp_path / "new").is_dir()


def test_a_server_is_named_without_its_password(ui):
    ui.uri = "http://me:swordfish@host:5000"
    done = ui.ask("--env=demo")
    assert (done.exit_code, done.output) == (0, "The runs are at http://host:5000\n")
    assert ui.command is None


def test_a_port_that_is_none_is_refused(ui):
    assert "is not in the range" in ui.ask("--port=70000").output
