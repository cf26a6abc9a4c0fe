"""A training that is interrupted and goes on ends like one that was not, to the bit."""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import keras
import numpy as np
import pytest

from s3f_pipeline.backend.determinism import make_deterministic
from s3f_pipeline.models import build_model
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training import resume
from s3f_pipeline.training.fit import fit
from s3f_pipeline.training.resume import KeepState
from s3f_pipeline.training.settings import TrainingSettings
from s3f_pipeline.training.state import StateFolder

CLASSES = ("dark", "bright")


class InterruptionError(Exception):
    pass


SETTINGS = TrainingSettings(
    learning_rate=0.01,
    batch_size=4,
    epochs=5,
    selection_metric="macro_f1",
    early_stopping_patience=10,
    reduce_lr_patience=1,
    reduce_lr_factor=0.5,
)


@pytest.fixture
def images():
    images = np.random.default_rng(0).integers(0, 200, (24, 16, 16, 1), dtype=np.uint8)
    images[12:] += 30
    return images


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch):
    monkeypatch.setattr(resume, "COST_SHARE", 1e9)


def train(images, folder=None, stop_after=None, circumstances=None, trained=None, **changes):
    rows = np.arange(24)
    side = rows % 3 == 0
    splits = [SplitRows(rows[part], (rows[part] >= 12).astype(np.int64)) for part in (~side, side)]

    def report(epoch, figures):
        if trained is not None:
            trained.append(epoch)
        if epoch == stop_after:
            raise InterruptionError

    make_deterministic(3, operations=True)
    return fit(
        build_model("spatial", (16, 16, 1), 2),
        images,
        *splits,
        CLASSES,
        replace(SETTINGS, **changes),
        seed=3,
        report=report,
        states=StateFolder(folder) if folder else None,
        circumstances=circumstances or {},
    )


def assert_same(one, other):
    for first, second in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    columns = [name for name in one.history if name != "seconds"]
    assert one.history[columns].equals(other.history[columns])
    assert one.facts == other.facts


def test_an_interruption_changes_nothing(images, tmp_path):
    whole = train(images)
    for stop_after in (2, 4):
        with pytest.raises(InterruptionError):
            train(images, tmp_path, stop_after)
    done = StateFolder(tmp_path).latest().epoch
    assert 1 <= done <= 3
    trained = []
    assert_same(train(images, tmp_path, trained=trained), whole)
    assert trained == list(range(done + 1, 6))
    assert_same(train(images, tmp_path, trained=trained), whole)
    assert len(trained) == 5 - done


def test_on_jax():
    """The same test in a process of its own with the other backend."""
    arguments = ["-q", "-p", "no:cacheprovider", f"{__file__}::test_an_interruption_changes_nothing"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_training_that_had_stopped_early_stays_stopped(images, tmp_path):
    changes = {"early_stopping_patience": 1, "epochs": 20}
    whole = train(images, tmp_path, **changes)
    assert whole.facts["stopped"] == "early stopping"
    trained = []
    assert_same(train(images, tmp_path, trained=trained, **changes), whole)
    assert trained == []


def test_another_device_is_a_warning(images, tmp_path, caplog):
    with pytest.raises(InterruptionError):
        train(images, tmp_path, 2, {"device": "CPU"})
    train(images, tmp_path, circumstances={"device": "GPU"})
    assert "trained with another device (CPU, now GPU)" in caplog.text


def test_a_full_disk_is_a_warning(images, tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StateFolder, "save", refuse)
    assert train(images, tmp_path, epochs=1).facts["epochs_run"] == 1
    assert "state of training could not be written" in caplog.text


def test_a_fault_of_writing_is_not_hidden(images, tmp_path, monkeypatch):
    def break_down(*_):
        raise TypeError("a fault of ours")

    monkeypatch.setattr(StateFolder, "save", break_down)
    with pytest.raises(TypeError, match="a fault of ours"):
        train(images, tmp_path, epochs=1)


@pytest.mark.parametrize(
    ("epoch_seconds", "error", "expected"),
    [(1.0, None, [1, 2, 3, 4]), (0.004, None, [1]), (0.004, InterruptionError, [1, 4])],
)
def test_writing_takes_its_share_of_the_time_and_the_last_state_is_kept(
    monkeypatch, epoch_seconds, error, expected
):
    """Writing takes 0.01 s of a clock that only moves when it is told to."""
    monkeypatch.setattr(resume, "COST_SHARE", 0.01)
    now, written = [0.0], []

    class Folder:
        def save(self, state):
            written.append(state.epoch)
            now[0] += 0.01

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.stop_training = False
    keep = KeepState(Folder(), [], {}, clock=lambda: now[0])
    keep.set_model(model)
    with suppress(InterruptionError), keep:
        for epoch in range(4):
            now[0] += epoch_seconds
            keep.on_epoch_end(epoch)
            keep._writing.result()
        if error:
            raise error
    assert written == expected
