"""Runs that are killed at any moment and started again end like a run that was not."""

import hashlib
import os
import random
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from end_to_end_project import Project

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("S3F_KILLS", "2"))
SECONDS = (3.0, 16.0)
"""A kill comes this long after the start: while it prepares, trains, evaluates or reports."""
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
FOLDER = "brisc/patient_safe/spatial/seed-0"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return demo_project(tmp_path_factory.mktemp("killed"))


def demo_project(root) -> Project:
    project = Project(root)
    (root / "conf/demo/parameters.yml").write_text(DEMO)
    return project


def weights(project) -> dict[str, str]:
    """SHA-256 of each weight of the network, by its name in the file."""
    import h5py

    with zipfile.ZipFile(project.demo / "06_models" / FOLDER / "model.keras") as archive:
        archive.extract("model.weights.h5", project.root)
    found = {}
    with h5py.File(project.root / "model.weights.h5") as file:
        file.visititems(
            lambda name, item: (
                found.update({name: hashlib.sha256(np.asarray(item).tobytes()).hexdigest()})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def history(project) -> pd.DataFrame:
    return pd.read_csv(project.demo / "06_models" / FOLDER / "history.csv").drop(columns="seconds")


def readable(project) -> None:
    """Every artefact that is there is whole."""
    import keras

    for path in project.demo.rglob("*"):
        if path.name.startswith(".") or "mlartifacts" in path.parts or not path.is_file():
            continue
        if path.suffix == ".parquet":
            pd.read_parquet(path)
        elif path.suffix == ".json":
            assert pd.io.json.ujson_loads(path.read_text()) is not None
        elif path.suffix == ".keras":
            keras.saving.load_model(path, compile=False)
        elif path.suffix == ".npy":
            np.load(path, mmap_mode="r")


def test_killed_runs_end_like_a_whole_one(project, tmp_path):
    whole = demo_project(tmp_path)
    whole.kedro(*RUN)
    chance = random.Random(0)
    kills = 0
    while kills < KILLS:
        with project.started(*RUN) as process:
            time.sleep(chance.uniform(*SECONDS))
            if process.poll() is None:
                process.kill()
                process.communicate()
                kills += 1
                readable(project)
                continue
        assert process.returncode == 0
        assert_equal(project, whole)
        (project.demo / "06_models" / FOLDER / "training.record.json").unlink()
    project.kedro(*RUN)
    assert_equal(project, whole)
    assert not (project.demo / "06_models" / FOLDER / "state").exists()


def assert_equal(project, whole) -> None:
    assert weights(project) == weights(whole)
    assert history(project).equals(history(whole))
    (figures,) = [[(p.demo / "08_reporting" / FOLDER / "metrics.json").read_text() for p in (project, whole)]]
    assert figures[0] == figures[1]
