"""Which of several processes this is."""

import pytest

from s3f_pipeline.errors import ConfigError
from s3f_pipeline.processes import ADDRESSES, COUNT, NUMBER, Process, this_process


def test_one_process_leads():
    assert this_process({}) == Process(0, 1)
    assert this_process({}).leads


def test_the_variables_of_keras():
    environment = {ADDRESSES: "node1:1234,node2:1234", COUNT: "2", NUMBER: "1"}
    process = this_process(environment)
    assert process == Process(1, 2, "node1:1234")
    assert not process.leads


def test_the_tasks_of_a_slurm_step():
    assert this_process({"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3"}) == Process(3, 4)


def test_a_slurm_job_without_a_step_is_one_process():
    assert this_process({"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}) == Process(0, 1)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({COUNT: "two", NUMBER: "0"}, r"NUM_PROCESSES is 'two', and should be a whole number"),
        ({COUNT: "2"}, r"PROCESS_ID is '', and should be a whole number"),
        ({COUNT: "2", NUMBER: "2", ADDRESSES: "node1:1"}, "PROCESS_ID is 2, but it must be from 0 to 1"),
        ({COUNT: "2", NUMBER: "0"}, r"JOB_ADDRESSES does not name .* <host>:<port>"),
        ({COUNT: "2", NUMBER: "0", ADDRESSES: "node1"}, r"JOB_ADDRESSES does not name .* <host>:<port>"),
    ],
)
def test_contradictions_are_told(environment, words):
    with pytest.raises(ConfigError, match=words):
        this_process(environment)
