import shutil
from pathlib import Path

import pytest
from mlflow_server import Server

from s3f_pipeline.tracking.journal import NAME, Journal
from s3f_pipeline.tracking.run import TrackedRun


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
        self.journal = Journal(self.run_folder / NAME)
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


@pytest.fixture(scope="module")
def server(empty_database, tmp_path_factory):
    """A server that runs; a test that kills it starts it again."""
    database = tmp_path_factory.mktemp("server") / "mlflow.db"
    with Server(Path(shutil.copy(empty_database, database))) as server:
        yield server
