"""What the training node says before it trains."""

import psutil
import pytest

from s3f_pipeline.errors import TrainingError
from s3f_pipeline.pipelines.training.nodes import LARGEST_OVERESTIMATE, tell_cost
from s3f_pipeline.training.estimate import Estimate


def cost(memory=1, disk=1):
    return Estimate(seconds=60.0, memory=memory, disk=disk)


def test_the_estimate_is_told(tmp_path, caplog):
    caplog.set_level("INFO")
    for epochs in (1, 2):
        tell_cost(cost(), epochs, tmp_path, shared_memory=True)
    assert "for 1 epoch once compiled" in caplog.messages[0]
    assert "for 2 epochs once compiled" in caplog.messages[1]


def test_more_memory_than_is_free_is_a_warning_as_long_as_it_may_suffice(tmp_path, caplog):
    tell_cost(
        cost(memory=LARGEST_OVERESTIMATE * psutil.virtual_memory().total), 1, tmp_path, shared_memory=True
    )
    assert "may run out of memory. Lower it by" in caplog.text


def test_more_memory_than_the_machine_has_is_refused(tmp_path):
    too_much = (LARGEST_OVERESTIMATE + 1) * psutil.virtual_memory().total
    with pytest.raises(TrainingError, match=r"of memory, and this machine has .* Lower it by"):
        tell_cost(cost(memory=too_much), 1, tmp_path, shared_memory=True)
    tell_cost(cost(memory=too_much), 1, tmp_path, shared_memory=False)


def test_more_than_the_disk_holds_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="Make room first"):
        tell_cost(cost(disk=10**18), 1, tmp_path, shared_memory=True)
