"""Runs that are killed at any moment and started again end like a run that was not.

They are killed once with SIGTERM and once with SIGKILL; ``S3F_KILLS=20`` kills 20 times with each of SIGTERM,
SIGINT and a closed terminal, and 50 times with SIGKILL. What explains and reports is killed likewise.
"""

import hashlib
import json
import os
import random
import re
import signal
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from end_to_end_project import InTerminal, Project
from PIL import Image

from s3f_pipeline.models import load_model

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("S3F_KILLS", "0"))
SECONDS = (3.0, 16.0)
"""Every third kill comes this long after the start: while it prepares, trains, evaluates or reports; the
others while it trains."""
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
RUN = ("run", "--env=demo", "--pipeline=brisc_spatial")
EXPLAIN = (*RUN, "--params=explanation.images=12,explanation.pictures=2")
GOES_ON = "Going on after epoch"
LAST_WORDS = re.compile(r"Report: ")
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
        elif path.suffix == ".png":
            with Image.open(path) as picture:
                picture.load()
        elif path.suffix == ".svg":
            assert path.read_text().rstrip().endswith("</svg>")
        elif path.suffix == ".npy":
            np.load(path, mmap_mode="r")
        elif path.suffix == ".npz":
            with np.load(path) as archive:
                assert {name: archive[name] for name in archive.files}


@pytest.mark.long
def test_killed_runs_end_like_a_whole_one(project, tmp_path):
    whole = demo_project(tmp_path)
    whole.kedro(*RUN)
    chance = random.Random(0)
    kinds = kinds_of_kills(chance)
    done, resumed, kept = Counter(), 0, []
    while kinds:
        with InTerminal(project, *RUN) as attempt:
            if done.total() % 3 == 0:
                attempt.wait(chance.uniform(*SECONDS))
            else:
                wait_for("Epoch ", attempt)
                attempt.wait(chance.uniform(0, 1.5))
            if attempt.process.poll() is None:
                number = kinds.pop()
                code = attempt.kill(number)
                done[number.name] += 1
                resumed += GOES_ON in attempt.text()
                readable(project)
                kept.append((number.name, *check_what_is_kept(project, attempt, number, code)))
                if training_is_finished(project):
                    assert weights(project) == weights(whole)
                continue
        assert attempt.process.returncode == 0, attempt.shown.decode()
        resumed += GOES_ON in attempt.text()
        assert_equal(project, whole)
        (project.demo / "06_models" / FOLDER / "training.record.json").unlink()
    resumed += GOES_ON in project.kedro(*RUN)
    assert_equal(project, whole)
    print(dict(done), "resumed", resumed, "killed while training, epochs told and kept:", kept)
    assert resumed >= done.total() / 4
    assert not (project.demo / "06_models" / FOLDER / "state").exists()


def kinds_of_kills(chance: random.Random) -> list[signal.Signals]:
    kinds = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP] * KILLS + [signal.SIGKILL] * (KILLS * 5 // 2)
    kinds = kinds or [signal.SIGTERM, signal.SIGKILL]
    chance.shuffle(kinds)
    return kinds


@pytest.mark.long
def test_a_kill_while_a_network_is_explained_leaves_nothing_half_written(project, tmp_path):
    whole = demo_project(tmp_path)
    whole.kedro(*RUN)
    whole.kedro(*EXPLAIN)
    project.kedro(*RUN)
    chance = random.Random(1)
    kinds = kinds_of_kills(chance)
    while kinds:
        record = project.demo / "08_reporting" / FOLDER / "explanation/explanation.record.json"
        record.unlink(missing_ok=True)
        with InTerminal(project, *EXPLAIN) as attempt:
            wait_for("Running: explanation", attempt)
            attempt.wait(chance.uniform(0, 6))
            if attempt.process.poll() is not None:
                continue
            number = kinds.pop()
            code = attempt.kill(number)
        readable(project)
        assert code == (-number if number == signal.SIGKILL else 128 + number)
        assert number == signal.SIGKILL or not project.running(attempt.process.pid)
    told = project.kedro(*EXPLAIN)
    assert "Finished before: training" in told
    assert explained(project) == explained(whole)
    assert "Finished before: explanation" in project.kedro(*EXPLAIN)


def explained(project) -> dict[str, str]:
    """SHA-256 of each file of the explanation, without the records, which hold times."""
    folder = project.demo / "08_reporting" / FOLDER / "explanation"
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "record" not in path.name
    }


def check_what_is_kept(project, attempt, number, code) -> tuple[int, int]:
    """Check exit code, state and MLflow runs, and return the last epoch that was told and that is kept."""
    text = attempt.text()
    told = max((int(epoch) for epoch in re.findall(r"Epoch (\d+)/", text)), default=0)
    states = sorted((project.demo / "06_models" / FOLDER / "state").glob("epoch-*.npz"))
    kept = int(states[-1].stem.removeprefix("epoch-")) if states else 0
    if told and not training_is_finished(
        project
    ):  # SIGKILL may come after an epoch is kept, before it is told
        assert kept - told in ((0, 1) if number == signal.SIGKILL else (0,))
    if number == signal.SIGKILL:
        assert code == -number
        return told, kept
    assert "Traceback (most recent call last)" not in attempt.shown.decode() or not text
    if text and not LAST_WORDS.search(text):
        assert code == 128 + number
        assert f"Interrupted by {number.name}" in text
    assert not project.running(attempt.process.pid)
    return told, kept


def wait_for(told: str, attempt: InTerminal) -> None:
    """Wait until the run has told so much, or has ended."""
    while attempt.process.poll() is None and told not in attempt.text():
        attempt.wait(0.1)


def assert_equal(project, whole) -> None:
    assert weights(project) == weights(whole)
    assert history(project).equals(history(whole))
    metrics = Path("08_reporting") / FOLDER / "metrics.json"
    assert (project.demo / metrics).read_text() == (whole.demo / metrics).read_text()


def training_is_finished(project) -> bool:
    return (project.demo / "06_models" / FOLDER / "training.record.json").is_file()
