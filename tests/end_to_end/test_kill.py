"""Runs that are killed at any moment and started again end like a run that was not."""

import hashlib
import json
import os
import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from end_to_end_project import Project

from s3f_pipeline.models import load_model

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("S3F_KILLS", "2"))
SECONDS = (3.0, 16.0)
"""Every second kill comes this long after the start: while it prepares, trains, evaluates or reports; the
others once a state has been written."""
DEMO = """
image_size: 16
phantoms:
  images_per_class: {train: 12, test: 4}
  seed: 0
training:
  epochs: 40
  batch_size: 8
  early_stopping_patience: 40
"""
RUN = ("run", "--env=demo", "--pipeline=brisc_spatial")
GOES_ON = "Going on after epoch"
FOLDER = "brisc/patient_safe/spatial/seed-0"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return demo_project(tmp_path_factory.mktemp("killed"))


def demo_project(root) -> Project:
    project = Project(root)
    (root / "conf/demo/parameters.yml").write_text(DEMO)
    return project


def weights(project) -> dict[str, str]:
    """SHA-256 of each weight of the network, by its path in the model."""
    model = load_model(project.demo / "06_models" / FOLDER / "model.keras")
    return {
        variable.path: hashlib.sha256(variable.numpy().tobytes()).hexdigest() for variable in model.weights
    }


def history(project) -> pd.DataFrame:
    return pd.read_csv(project.demo / "06_models" / FOLDER / "history.csv").drop(columns="seconds")


def readable(project) -> None:
    """Every artefact that is there is whole."""
    for path in project.demo.rglob("*"):
        if path.name.startswith(".") or "mlartifacts" in path.parts or not path.is_file():
            continue
        if path.suffix == ".parquet":
            pd.read_parquet(path)
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".keras":
            load_model(path)
        elif path.suffix == ".npy":
            np.load(path, mmap_mode="r")
        elif path.suffix == ".npz":
            with np.load(path) as archive:
                assert all(archive[name].size for name in archive.files)


def test_killed_runs_end_like_a_whole_one(project, tmp_path):
    whole = demo_project(tmp_path)
    whole.kedro(*RUN)
    chance = random.Random(0)
    kills, resumed = 0, 0
    while kills < KILLS:
        with project.started(*RUN) as process:
            if kills % 2:
                time.sleep(chance.uniform(*SECONDS))
            else:
                wait_for_a_state(project, process)
                time.sleep(chance.uniform(0, 1))
            if process.poll() is None:
                process.kill()
                output, _ = process.communicate()
                resumed += GOES_ON in output
                kills += 1
                readable(project)
                if training_is_finished(project):
                    assert weights(project) == weights(whole)
                continue
        output, _ = process.communicate()
        assert process.returncode == 0, output
        resumed += GOES_ON in output
        assert_equal(project, whole)
        (project.demo / "06_models" / FOLDER / "training.record.json").unlink()
    resumed += GOES_ON in project.kedro(*RUN)
    assert_equal(project, whole)
    assert resumed >= KILLS / 4
    assert not (project.demo / "06_models" / FOLDER / "state").exists()


def wait_for_a_state(project, process) -> None:
    """Wait until a state is written by this process, or it has ended."""
    state = project.demo / "06_models" / FOLDER / "state"
    before = set(state.glob("epoch-*.npz"))
    while process.poll() is None and not set(state.glob("epoch-*.npz")) - before:
        time.sleep(0.05)


def assert_equal(project, whole) -> None:
    assert weights(project) == weights(whole)
    assert history(project).equals(history(whole))
    metrics = Path("08_reporting") / FOLDER / "metrics.json"
    assert (project.demo / metrics).read_text() == (whole.demo / metrics).read_text()


def training_is_finished(project) -> bool:
    return (project.demo / "06_models" / FOLDER / "training.record.json").is_file()
