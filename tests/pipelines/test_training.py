"""What the training node says before it trains."""

import psutil
import pytest

from s3f_pipeline.errors import TrainingError
from s3f_pipeline.pipelines.training.nodes import LARGEST_OVERESTIMATE, require_room, tell_cost
from s3f_pipeline.training.estimate import Room


def memory_of_machine():
    return psutil.virtual_memory().total


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
