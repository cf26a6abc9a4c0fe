"""A training on a machine without Kedro, MLflow and DVC, that Kedro takes in afterwards."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from end_to_end_project import Project
from installed import not_installed_by

from s3f_pipeline.config.loader import PROJECT
from s3f_pipeline.models import load_model

pytestmark = [pytest.mark.slow, pytest.mark.long]
DEMO = """
image_size: 16
phantoms:
  images_per_class: {train: 12, test: 4}
  seed: 0
training:
  epochs: 40
  batch_size: 8
  early_stopping_patience: 40
explanation: {images: 4, training_images: 8, pictures: 0}
"""
EXPERIMENT = ("--env=demo", "--pipeline=brisc_spatial")
FOLDER = "06_models/brisc/patient_safe/spatial/seed-0"
OF_THE_MACHINE = {"seconds", "command", "git_commit", "git_dirty", "mlflow_run_id", "network"}
"""Facts of a training that no bit of it depends on; the names of layers count networks of a process."""


class Box:
    """A machine that has the core of the package, a backend, the code, and what was carried to it."""

    def __init__(self, root: Path, project: Project, backend: str) -> None:
        self.backend = backend
        self.data = root / "data"
        self.data.mkdir(parents=True)
        self.folder = self.data / FOLDER
        self._source = shutil.copytree(
            project.root / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__")
        )

    def start(self) -> subprocess.Popen[str]:
        blocked, without = PROJECT / "tests/blocked.py", ",".join(sorted(not_installed_by(self.backend)))
        return subprocess.Popen(
            [sys.executable, "-u", blocked, without, "s3f_pipeline.train", f"data/{FOLDER}"],
            cwd=self.data.parent,
            env={**os.environ, "PYTHONPATH": str(self._source), "KERAS_BACKEND": self.backend},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> str:
        process = self.start()
        output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, output
        return output


def demo_project(root: Path) -> Project:
    project = Project(root)
    (root / "conf/demo/parameters.yml").write_text(DEMO)
    return project


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def backend(request) -> str:
    """With which the other machine computes."""
    return request.param


@pytest.fixture(scope="module")
def whole(backend, tmp_path_factory) -> Project:
    """Where Kedro trains with that backend."""
    project = demo_project(tmp_path_factory.mktemp("whole"))
    project.kedro("run", *EXPERIMENT, KERAS_BACKEND=backend)
    return project


@pytest.fixture(scope="module")
def project(backend, tmp_path_factory) -> Project:
    """Where Kedro, with TensorFlow, prepares, and takes in what another machine has trained."""
    return demo_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def box(backend, project, tmp_path_factory) -> Box:
    """Where a training was killed, went on, and has ended."""
    told = project.kedro("pack", *EXPERIMENT)
    box = Box(tmp_path_factory.mktemp("box"), project, backend)
    (tar,) = (line for line in told.splitlines() if line.startswith("  tar "))
    subprocess.run(tar, shell=True, check=True, cwd=box.data)
    subprocess.run(["tar", "-xf", "brisc_spatial_seed-0.tar"], check=True, cwd=box.data)
    killed = box.start()
    for line in killed.stdout:
        if "Epoch 3/40" in line:
            killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert "Going on after epoch" in box.run()
    return box


def weights(data: Path) -> list[np.ndarray]:
    return load_model(data / FOLDER / "model.keras").get_weights()


def test_it_trains_as_kedro_does_to_the_bit(whole, box):
    for ours, expected in zip(weights(box.data), weights(whole.demo), strict=True):
        np.testing.assert_array_equal(ours, expected)
    history, expected = (
        pd.read_csv(data / FOLDER / "history.csv").drop(columns="seconds") for data in (box.data, whole.demo)
    )
    pd.testing.assert_frame_equal(history, expected, check_exact=True)
    facts, expected = (
        json.loads((data / FOLDER / "training.json").read_text()) for data in (box.data, whole.demo)
    )
    assert [*facts] == [*expected]
    assert {n for n in facts if facts[n] != expected[n]} <= OF_THE_MACHINE


def test_what_is_finished_is_not_trained_again(box):
    assert "Finished before: training of brisc.patient_safe.spatial" in box.run()


def test_kedro_takes_it_in_as_finished(whole, box, project):
    shutil.copytree(box.folder, project.demo / FOLDER, dirs_exist_ok=True)
    output = project.kedro("run", *EXPERIMENT)
    assert "Finished before: training of brisc.patient_safe.spatial" in output
    assert "Epoch" not in output
    (metrics, expected) = (
        json.loads((data / "08_reporting/brisc/patient_safe/spatial/seed-0/metrics.json").read_text())
        for data in (project.demo, whole.demo)
    )
    assert metrics["test"]["loss"] == pytest.approx(expected["test"]["loss"], abs=1e-2)
    client = mlflow.MlflowClient(f"sqlite:///{project.demo}/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("demo-brisc").experiment_id])
    assert len(client.get_metric_history(run.info.run_id, "epochs/loss")) == 40
    assert "test/accuracy" in run.data.metrics
    assert "data_hash" in run.data.tags
    project.kedro("run", *EXPERIMENT, "--params=evaluation.replicates=200")
    (again,) = client.search_runs([run.info.experiment_id])
    assert len(client.get_metric_history(again.info.run_id, "epochs/loss")) == 40


def test_kedro_refuses_what_is_not_asked_for_and_changes_nothing(box, project):
    shutil.copytree(box.folder, project.demo / FOLDER, dirs_exist_ok=True)
    model = project.demo / FOLDER / "model.keras"
    before = model.read_bytes()
    output = project.kedro("run", *EXPERIMENT, "--params=training.epochs=39", succeeds=False)
    assert output.count("Error: ") == 1
    assert "trained on another machine" in output
    assert "parameter training.epochs 40 → 39" in output
    assert model.read_bytes() == before


def test_only_a_training_is_packed(project):
    output = project.kedro("pack", "--env=demo", "--pipeline=brisc_audit", succeeds=False)
    assert "The pipeline brisc_audit trains no network. Pack one that does" in output
    output = project.kedro("pack", "--env=demo", "--pipeline=brisc_spatail", succeeds=False)
    assert "There is no pipeline 'brisc_spatail'" in output
