"""A training that is interrupted and goes on ends like one that was not, to the bit."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import keras
import numpy as np
import pytest

from s3f_pipeline.backend.determinism import make_deterministic
from s3f_pipeline.models import build_model
from s3f_pipeline.processes import ALONE, Process
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.signals import SIGNALS
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training import resume
from s3f_pipeline.training.callbacks import TellEpoch
from s3f_pipeline.training.fit import fit
from s3f_pipeline.training.resume import KeepState
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


def in_a_process(**environment):
    """The same test in a process of its own."""
    arguments = ["-q", "-p", "no:cacheprovider", f"{__file__}::test_an_interruption_changes_nothing"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_on_jax():
    in_a_process(KERAS_BACKEND="jax", JAX_PLATFORMS="cpu")


@pytest.mark.long
@pytest.mark.parametrize("instructions", ["AVX2", "DEFAULT"])
def test_with_onednn_on_two_threads(instructions):
    in_a_process(
        KERAS_BACKEND="tensorflow",
        TF_ENABLE_ONEDNN_OPTS="1",
        ONEDNN_MAX_CPU_ISA=instructions,
        TF_NUM_INTRAOP_THREADS="2",
        TF_NUM_INTEROP_THREADS="2",
    )


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


class Written:
    """Stands for the folder of states; writing takes 0.01 s of its clock, copying nothing."""

    def __init__(self, copying=0.0):
        self.epochs = []
        self.now = 0.0
        self.copying = copying

    def save(self, state):
        self.epochs.append(state.epoch)
        self.now += 0.01

    def clock(self):
        return self.now


def keep_epochs(monkeypatch, folder, epoch_seconds, happens=lambda epoch: None, **options):
    """Four epochs of a clock that only moves when it is told to, and what happens in each."""
    monkeypatch.setattr(resume, "COST_SHARE", 0.01)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.stop_training = False
    keep = KeepState(folder, [], {}, clock=folder.clock, **options)
    keep.set_model(model)
    copy = keep._state

    def copy_slowly(epoch):
        folder.now += folder.copying
        return copy(epoch)

    monkeypatch.setattr(keep, "_state", copy_slowly)
    with keep:
        for epoch in range(4):
            folder.now += epoch_seconds
            happens(epoch + 1)
            keep.when_measured().on_epoch_end(epoch, {})
            keep.on_epoch_end(epoch)
            if keep._writing:
                keep._writing.result()
        keep.on_train_end()


@pytest.mark.parametrize(
    ("epoch_seconds", "stops", "expected"),
    [(1.0, 5, [1, 2, 3, 4]), (0.004, 5, [1, 4]), (0.004, 4, [1, 3])],
)
def test_writing_takes_its_share_of_the_time_and_the_last_state_is_kept(
    monkeypatch, epoch_seconds, stops, expected
):
    def happens(epoch):
        if epoch == stops:
            raise InterruptionError

    folder = Written()
    with suppress(InterruptionError):
        keep_epochs(monkeypatch, folder, epoch_seconds, happens)
    assert folder.epochs == expected


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("epoch_seconds", "copying", "process", "expected"),
    [
        (1.0, 0.0, ALONE, 2),  # epoch 2 was copied: the third is cut off
        (0.1, 0.5, ALONE, 3),  # copying all would take too long: epoch 3 is done, and is the last whole one
        (20.0, 0.5, ALONE, 2),  # nor can a signal wait as long as this epoch takes
        (0.1, 0.5, Process(0, 2), 2),  # nor for another process, which may have ended
    ],
)
def test_a_signal_finds_the_state_of_the_last_whole_epoch(
    stopped, monkeypatch, number, epoch_seconds, copying, process, expected
):
    done = []

    def happens(epoch):
        done.append(epoch - 1)
        if epoch == 3:
            signal.raise_signal(number)

    folder = Written(copying)
    with pytest.raises(stopped):
        keep_epochs(monkeypatch, folder, epoch_seconds, happens, process=process)
    assert folder.epochs[-1] == expected
    assert done[-1] == 2


def test_a_signal_while_an_epoch_is_told_waits_until_it_is_kept(stopped, images, tmp_path, monkeypatch):
    told = TellEpoch.on_epoch_end

    def and_signal(self, epoch, logs):
        if epoch == 1:
            signal.raise_signal(signal.SIGHUP)
        told(self, epoch, logs)

    monkeypatch.setattr(TellEpoch, "on_epoch_end", and_signal)
    trained = []
    with pytest.raises(stopped):
        train(images, tmp_path, trained=trained)
    assert trained == [1, 2]
    assert StateFolder(tmp_path).latest().epoch == 2


def test_a_signal_after_the_last_epoch_loses_nothing(stopped, images, tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "COST_SHARE", 0.0)
    finished = KeepState.on_train_end

    def and_signal(self, logs=None):
        signal.raise_signal(signal.SIGTERM)
        finished(self, logs)

    monkeypatch.setattr(KeepState, "on_train_end", and_signal)
    with pytest.raises(stopped):
        train(images, tmp_path)
    assert StateFolder(tmp_path).latest().epoch == SETTINGS.epochs
