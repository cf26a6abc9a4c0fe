"""A training that is interrupted and goes on ends like one that was not, to the bit."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest

from s3f_pipeline.backend.determinism import make_deterministic
from s3f_pipeline.models import build_model
from s3f_pipeline.process_group import ALONE, Process
from s3f_pipeline.recipe import Augmentation, TrainingSettings
from s3f_pipeline.signals import SIGNALS
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training import resume
from s3f_pipeline.training.epochs import EndOfEpoch
from s3f_pipeline.training.fit import fit
from s3f_pipeline.training.resume import KeptStates
from s3f_pipeline.training.state import StateFolder, TrainingState

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


EVERY_OPTION = {
    "warmup_epochs": 3,
    "frozen_epochs": 2,
    "weight_decay": 0.1,
    "label_smoothing": 0.1,
    "ema": 0.9,
    "batch_norm_statistics": "re-estimated",
    "batch_norm_images": 10,
    "batch_norm_momentum": 0.9,
    "augmentation": Augmentation(0.5, "both", 20.0, 0.1, 0.2, 0.2, 0.3),
}


def spatial():
    return build_model("spatial", (16, 16, 1), 2)


def train(
    images, folder=None, stop_after=None, circumstances=None, told=None, network=spatial, **changes
):  # fmt: skip
    rows = np.arange(24)
    side = rows % 3 == 0
    splits = [SplitRows(rows[part], (rows[part] >= 12).astype(np.int64)) for part in (~side, side)]

    def report(epoch, figures):
        if told is not None:
            told.append(epoch)
        if epoch == stop_after:
            raise InterruptionError

    make_deterministic(3, operations=True)
    return fit(
        network(),
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


@pytest.mark.parametrize("changes", [{}, EVERY_OPTION], ids=["by default", "with every option"])
def test_an_interruption_changes_nothing(images, tmp_path, changes):
    whole = train(images, **changes)
    for stop_after in (1, 2, 4):
        with pytest.raises(InterruptionError):
            train(images, tmp_path, stop_after, **changes)
    assert StateFolder(tmp_path).latest().epoch == 4
    told = []
    assert_same(train(images, tmp_path, told=told, **changes), whole)
    assert told == [4, 5]
    assert_same(train(images, tmp_path, told=told, **changes), whole)
    assert told == [4, 5, 5]


@pytest.mark.long
def test_pretrained_weights_that_are_frozen_and_then_tuned(images, tmp_path, monkeypatch):
    keras.utils.set_random_seed(5)
    monkeypatch.setenv("S3F_WEIGHTS", str(tmp_path))
    build = partial(keras.applications.EfficientNetV2B0, include_top=False, include_preprocessing=False)
    build(weights=None, pooling="avg", input_shape=(32, 32, 3)).save(tmp_path / "efficientnetv2-b0_notop.h5")
    network = partial(build_model, "efficientnet_v2_b0", (16, 16, 1), 2, weights="imagenet")
    changes = {"frozen_epochs": 1, "epochs": 3, "network": network}
    whole = train(images, **changes)
    for stop_after in (1, 2):
        with pytest.raises(InterruptionError):
            train(images, tmp_path / "states", stop_after, **changes)
    assert_same(train(images, tmp_path / "states", **changes), whole)


def in_a_process(**environment):
    """The same test in a process of its own."""
    arguments = ["-q", "-p", "no:cacheprovider", f"{__file__}::test_an_interruption_changes_nothing"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.long
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
    told = []
    assert_same(train(images, tmp_path, told=told, **changes), whole)
    assert told == [whole.facts["epochs_run"]]


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
    """Stands for the folder of states, on a clock that only moves when it is told to."""

    def __init__(self, cost):
        self.epochs = []
        self.now = 0.0
        self.cost = cost

    def save(self, state):
        self.epochs.append(state.epoch)
        self.now += self.cost

    def clock(self):
        return self.now


def keep_epochs(folder, epoch_seconds, happens=lambda epoch: None, told=lambda epoch: None, **options):
    """Four epochs, and what happens in each and while it is told."""
    with KeptStates(folder, clock=folder.clock, **options) as states:
        for epoch in range(1, 5):
            folder.now += epoch_seconds
            happens(epoch)
            current = partial(TrainingState, [{}] * epoch, [], [], {})
            with states.whole_epoch():
                states.keep(current)
                told(epoch)
        states.keep_last(current)


@pytest.fixture
def little_time(monkeypatch):
    """States may take 1 s, and a hundredth of the time."""
    monkeypatch.setattr(resume, "COST_SECONDS", 1.0)
    monkeypatch.setattr(resume, "COST_SHARE", 0.01)


@pytest.mark.parametrize(
    ("epoch_seconds", "cost", "stops", "expected"),
    [
        (0.5, 0.2, 5, [1, 2, 3, 4]),  # short epochs cost little in all
        (0.5, 0.6, 5, [1, 4]),
        (0.5, 0.6, 4, [1]),  # nothing but a signal waits for an epoch's end
        (1000.0, 5.0, 5, [1, 2, 3, 4]),  # half a hundredth
        (20.0, 5.0, 4, [1, 3]),  # epoch 3 was in memory
    ],
)
def test_writing_takes_its_share_of_the_time(little_time, epoch_seconds, cost, stops, expected):
    def happens(epoch):
        if epoch == stops:
            raise InterruptionError

    folder = Written(cost)
    with suppress(InterruptionError):
        keep_epochs(folder, epoch_seconds, happens)
    assert folder.epochs == expected


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("epoch_seconds", "cost", "process", "expected"),
    [
        (1.0, 0.0, ALONE, 2),  # epoch 2 was written: the third is cut off
        (0.1, 5.0, ALONE, 3),  # it was left out: epoch 3 is done, and is the last whole one
        (20.0, 5.0, ALONE, 2),  # a signal cannot wait as long as this epoch takes: it was in memory
        (0.1, 5.0, Process(0, 2), 2),  # nor for another process, which may have ended
    ],
)
def test_a_signal_finds_the_state_of_the_last_whole_epoch(
    stopped, little_time, number, epoch_seconds, cost, process, expected
):
    done = []

    def happens(epoch):
        done.append(epoch - 1)
        if epoch == 3:
            signal.raise_signal(number)

    folder = Written(cost)
    with pytest.raises(stopped):
        keep_epochs(folder, epoch_seconds, happens, process=process)
    assert folder.epochs[-1] == expected
    assert done[-1] == 2


def test_an_epoch_is_kept_before_it_is_told():
    """A process that is killed while it tells of an epoch, or after it, finds its state."""
    folder, kept = Written(0.01), []
    keep_epochs(folder, 0.5, told=lambda epoch: kept.append(folder.epochs[-1]))
    assert kept == [1, 2, 3, 4]


def test_an_epoch_that_was_kept_and_not_told_is_told_when_training_goes_on(images, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(EndOfEpoch, "_tell", interrupted)
        with pytest.raises(InterruptionError):
            train(images, tmp_path)
    told = []
    assert_same(train(images, tmp_path, told=told), train(images))
    assert told == [1, 2, 3, 4, 5]


def interrupted(*_):
    raise InterruptionError


def test_a_signal_while_an_epoch_is_told_waits_until_it_is_told(stopped, images, tmp_path, monkeypatch):
    tell = EndOfEpoch._tell

    def signal_and_tell(self):
        if len(self.history) == 2:
            signal.raise_signal(signal.SIGHUP)
        tell(self)

    monkeypatch.setattr(EndOfEpoch, "_tell", signal_and_tell)
    told = []
    with pytest.raises(stopped):
        train(images, tmp_path, told=told)
    assert told == [1, 2]
    assert StateFolder(tmp_path).latest().epoch == 2


def test_a_signal_after_the_last_epoch_loses_nothing(stopped, images, tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "COST_SECONDS", 0.0)
    monkeypatch.setattr(resume, "COST_SHARE", 0.0)
    keep_last = KeptStates.keep_last

    def signal_and_keep(self, state):
        signal.raise_signal(signal.SIGTERM)
        keep_last(self, state)

    monkeypatch.setattr(KeptStates, "keep_last", signal_and_keep)
    with pytest.raises(stopped):
        train(images, tmp_path)
    assert StateFolder(tmp_path).latest().epoch == SETTINGS.epochs
