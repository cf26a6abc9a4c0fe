"""What is said of a training before it begins."""

import re

import keras
import numpy as np
import psutil
import pytest

from s3f_pipeline.errors import TrainingError
from s3f_pipeline.room import Room
from s3f_pipeline.training import cost
from s3f_pipeline.training.cost import (
    HOUR,
    LARGEST_OVERESTIMATE,
    free_memory_of_machine,
    memory_of_machine,
    require_room,
    require_time,
    tell_cost,
)


def test_memory_is_that_of_the_machine():
    memory = psutil.virtual_memory()
    assert memory_of_machine() == memory.total
    assert free_memory_of_machine() == pytest.approx(memory.available, rel=0.2)


def test_where_nothing_tells_what_is_free_all_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(cost, "MEMORY", tmp_path / "meminfo")
    assert free_memory_of_machine() == memory_of_machine()


def test_the_estimate_is_told(tmp_path, caplog):
    caplog.set_level("INFO")
    for epochs in (1, 2):
        tell_cost(60.0, Room(1, 1), epochs, tmp_path, shared_memory=True)
    assert "for 1 epoch once compiled" in caplog.messages[0]
    assert "for 2 epochs once compiled" in caplog.messages[1]
    assert len(caplog.messages) == 2


def test_more_memory_than_is_free_is_a_warning_as_long_as_it_may_suffice(tmp_path, caplog):
    room = Room(1, LARGEST_OVERESTIMATE * memory_of_machine())
    require_room(room, tmp_path, shared_memory=True)
    tell_cost(60.0, room, 1, tmp_path, shared_memory=True)
    assert "may run out of memory. Lower it by" in caplog.text


def test_more_memory_than_the_machine_has_is_refused(tmp_path):
    room = Room(1, (LARGEST_OVERESTIMATE + 1) * memory_of_machine())
    with pytest.raises(TrainingError, match=r"of memory, and this machine has .* Lower it by"):
        require_room(room, tmp_path, shared_memory=True)
    require_room(room, tmp_path, shared_memory=False)


def test_more_than_the_disk_holds_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="Make room first"):
        require_room(Room(10**18, 1), tmp_path, shared_memory=True)


def test_the_disk_is_that_of_the_results_also_before_their_folder_is_there(tmp_path, monkeypatch):
    asked = []

    def refuse(room, folder, **_):
        asked.append(folder)
        raise TrainingError("")

    monkeypatch.setattr(cost, "require_room", refuse)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    amounts = {"batch_size": 1, "epochs": 1, "training_images": 1, "selection_images": 1, "devices": 1}
    with pytest.raises(TrainingError):
        cost.check_cost(network, np.zeros((1, 2)), tmp_path / "06_models/brisc", **amounts, max_hours=1)
    assert asked == [tmp_path]


def test_a_training_of_days_is_refused_until_it_is_asked_for():
    with pytest.raises(
        TrainingError, match=r"about 720 h 0 min .* 200 epochs run, and max_hours is 24"
    ) as refused:
        require_time(720 * HOUR, 200, 24)
    asked = float(re.search(r"--params=max_hours=(\d+)\.", refused.value.message)[1])
    require_time(720 * HOUR, 200, asked)
    require_time(1.2 * 720 * HOUR, 200, asked)  # the estimate of the next start may differ
    require_time(24 * HOUR, 200, 24)


def test_asking_for_a_long_training_changes_no_result(load_config):
    usual, asked = load_config(), load_config(max_hours=720)
    assert asked.typed.max_hours == 720
    for noun in ("experiment", "labels"):
        name = f"brisc.patient_safe.bilinear.{noun}"
        assert asked.parameter(name) == usual.parameter(name)
