import pytest

from s3f_pipeline.process_identity import this_process
from s3f_pipeline.sweep.records import Record
from s3f_pipeline.sweep.state import State, state_of

COMMAND = ["kedro", "run"]
ALIVE, DEAD = this_process(), f"{this_process().split()[0]} 999999999 0"


def state(submission=None, attempt=None, queue=None, finished=False, has_results=False):
    return state_of(COMMAND, submission, attempt, queue, finished=finished, has_results=has_results)


@pytest.mark.parametrize(
    ("exit_code", "expected"),
    [
        (1, State.FAILED),
        (130, State.INTERRUPTED),
        (143, State.INTERRUPTED),
        (137, State.LOST),
        (None, State.LOST),
        (0, State.NOT_STARTED),  # it has succeeded, but its results are gone
    ],
)
def test_how_an_attempt_has_ended(exit_code, expected):
    attempt = Record(COMMAND, DEAD, exit_code=exit_code)
    assert state(attempt=attempt) is expected
    assert state(attempt=attempt, finished=True) is State.FINISHED


def test_nothing_is_known():
    assert state() is State.NOT_STARTED
    assert state(finished=True) is State.FINISHED


def test_results_of_other_parameters_are_outdated():
    assert state(has_results=True) is State.OUTDATED
    assert state(attempt=Record(COMMAND, DEAD, exit_code=0), has_results=True) is State.OUTDATED
    assert state(finished=True, has_results=True) is State.FINISHED
    assert state(attempt=Record(COMMAND, DEAD, exit_code=1), has_results=True) is State.FAILED


def test_an_attempt_at_another_command_says_nothing():
    assert state(attempt=Record(["other"], DEAD, exit_code=1)) is State.NOT_STARTED


def test_a_living_process_is_running_whatever_its_command():
    assert state(attempt=Record(COMMAND, ALIVE)) is State.RUNNING
    assert state(attempt=Record(["other"], ALIVE)) is State.RUNNING


def test_a_run_waits_while_its_sweep_lives():
    assert state(Record(COMMAND, ALIVE)) is State.WAITING
    assert state(Record(COMMAND, DEAD)) is State.NOT_STARTED


def test_the_attempt_outweighs_the_submission():
    assert state(Record(COMMAND, ALIVE), Record(COMMAND, DEAD, exit_code=1)) is State.FAILED


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        ({"7_0": "PENDING"}, State.WAITING),
        ({"7_0": "CONFIGURING"}, State.WAITING),
        ({"7_0": "RUNNING"}, State.RUNNING),
        ({"7_1": "RUNNING"}, State.NOT_STARTED),
        (None, State.WAITING),  # Slurm cannot be asked: nothing is started twice
    ],
)
def test_a_job_that_slurm_has(queue, expected):
    assert state(Record(COMMAND, DEAD, job="7_0"), queue=queue) is expected


@pytest.mark.parametrize(
    ("queue", "exit_code", "expected"),
    [
        ({"7": "RUNNING"}, None, State.RUNNING),
        ({"7": "PENDING"}, 143, State.WAITING),  # in the queue again after its time limit
        ({"7": "REQUEUED"}, 143, State.WAITING),
        ({"7": "CONFIGURING"}, 143, State.WAITING),
        ({"7": "RUNNING"}, 143, State.RUNNING),  # again; its worker has not yet said so
        ({"7": "RUNNING"}, 1, State.FAILED),
        ({"7": "COMPLETING"}, 1, State.FAILED),
        ({"7": "COMPLETING"}, 143, State.INTERRUPTED),
        ({}, None, State.LOST),
        ({}, 143, State.INTERRUPTED),
        (None, None, State.RUNNING),
    ],
)
def test_an_attempt_on_a_cluster(queue, exit_code, expected):
    attempt = Record(COMMAND, DEAD, job="7", exit_code=exit_code)
    assert state(Record(COMMAND, DEAD, job="7"), attempt, queue) is expected


def test_records_survive_the_disk(tmp_path):
    record = Record(COMMAND, ALIVE, job="7_0", exit_code=143)
    record.write(tmp_path / "new" / "record.json")
    assert Record.read(tmp_path / "new" / "record.json") == record
    assert Record.read(tmp_path / "none.json") is None
