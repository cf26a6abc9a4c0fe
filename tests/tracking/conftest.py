import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from s3f_pipeline.tracking.run import TrackedRun
from s3f_pipeline.tracking.spool import NAME, Spool


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory) -> Path:
    """A database with MLflow's tables, which take it seconds to make."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def database(tmp_path, empty_database) -> Path:
    return Path(shutil.copy(empty_database, tmp_path / "mlflow.db"))


@pytest.fixture
def uri(database) -> str:
    return f"sqlite:///{database}"


class TrackedProject:
    """A data folder with one run folder in it, and a run that is tracked from there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_folder = folder / "06_models/brisc/patient_safe/spatial/seed-0"
        self.run_folder.mkdir(parents=True)
        self.spool = Spool(self.run_folder / NAME)
        self.run = TrackedRun()

    def start(self, uri: str, **changes) -> TrackedRun:
        tags = {"protocol": "patient_safe"}
        self.run.start(
            uri, self.folder, "brisc", "spatial", params={"seed": 0}, tags=tags, run_folder=self.run_folder,
            **changes,
        )  # fmt: skip
        return self.run

    def write(self, name: str, text: str = "<html>") -> Path:
        path = self.run_folder / name
        path.write_text(text)
        return path


@pytest.fixture
def tracked(tmp_path) -> TrackedProject:
    return TrackedProject(tmp_path / "data")


class Server:
    """An MLflow server on this machine that can be killed and started again."""

    def __init__(self, database: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self._command = [
            sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1",
            "--port", str(self.port), "--backend-store-uri", f"sqlite:///{database}",
            "--artifacts-destination", str(database.parent / "artifacts"),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        import requests

        self._process = subprocess.Popen(
            self._command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(300):
            try:
                requests.get(f"{self.uri}/health", timeout=1)
                return
            except requests.ConnectionError:
                time.sleep(0.2)
        raise TimeoutError(self.uri)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and the processes that it started."""
        if self._process is not None:
            os.killpg(self._process.pid, number)

    def kill(self) -> None:
        if self._process is not None:
            self.signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
def server(database):
    server = Server(database)
    yield server
    server.kill()
