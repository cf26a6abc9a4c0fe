"""Which of several processes this is."""

import pytest

from s3f_pipeline.errors import ConfigError
from s3f_pipeline.process_group import ADDRESSES, COUNT, NUMBER, Process, this_process


def test_one_process_leads():
    assert this_process({}) == Process(0, 1)
    assert this_process({}).leads


def test_the_variables_of_keras():
    environment = {ADDRESSES: "node1:1234,node2:1234", COUNT: "2", NUMBER: "1"}
    process = this_process(environment)
    assert process == Process(1, 2, "node1:1234")
    assert not process.leads


def test_the_tasks_of_a_slurm_step():
    tasks = {"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3"}
    assert this_process({ADDRESSES: "slurm", **tasks}) == Process(3, 4)


def test_tasks_that_were_not_asked_to_train_together_are_alone():
    assert this_process({"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3"}) == Process(0, 1)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({COUNT: "two", NUMBER: "0"}, r"NUM_PROCESSES is 'two', and should be a whole number"),
        ({COUNT: "2"}, r"PROCESS_ID is '', and should be a whole number"),
        ({COUNT: "2", NUMBER: "2", ADDRESSES: "node1:1"}, r"PROCESS_ID is 2, .* less than .* 2\."),
        ({ADDRESSES: "slurm"}, r"SLURM_STEP_NUM_TASKS is '', and should be a whole number"),
        ({COUNT: "2", NUMBER: "0"}, r"JOB_ADDRESSES does not name .* <host>:<port>"),
        ({COUNT: "2", NUMBER: "0", ADDRESSES: "node1"}, r"JOB_ADDRESSES does not name .* <host>:<port>"),
    ],
)
def test_contradictions_are_told(environment, words):
    with pytest.raises(ConfigError, match=words):
        this_process(environment)
