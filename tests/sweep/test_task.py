import os
import signal

import pytest
from submitit.helpers import DelayedSubmission

from s3f_pipeline.process_identity import is_dead
from s3f_pipeline.signals import SIGNALS
from s3f_pipeline.sweep.records import Record

pytestmark = pytest.mark.usefixtures("heard_signals")
SLEEP = "import time; print('up', flush=True); time.sleep(60)"


def when_up(task, action):
    """Do something from a signal handler, as signals of Slurm and submitit do, once the command runs."""

    def act(number, frame):
        if task.files.attempt.exists() and "up" in task.files.log.read_text():
            signal.setitimer(signal.ITIMER_REAL, 0)
            action()

    signal.signal(signal.SIGALRM, act)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("pass", 0), ("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)],
)
def test_the_record_tells_how_the_command_ended(make_task, code, expected):
    task = make_task(code)
    assert task() == expected
    record = Record.read(task.files.attempt)
    assert record.exit_code == expected
    assert record.command == task.command
    assert record.job is None
    assert is_dead(record.process)


def test_the_log_has_what_the_command_prints_attempt_after_attempt(make_task):
    task = make_task("import sys; print('out'); sys.exit('Error: no')")
    task()
    task()
    assert task.files.log.read_text().count("out\n") == 2
    assert task.files.log.read_text().count("Error: no\n") == 2


def test_variables_are_given_and_taken_away(make_task, monkeypatch):
    monkeypatch.setenv("S3F_TEST_OLD", "x")
    task = make_task("import os; print(*sorted(n for n in os.environ if 'S3F_TEST' in n))",
                     S3F_TEST_OLD=None, S3F_TEST_NEW="y")  # fmt: skip
    task()
    assert task.files.log.read_text() == "S3F_TEST_NEW\n"


def test_the_command_does_not_heed_the_warning_of_slurm(make_task):
    task = make_task("import os, signal; os.kill(os.getpid(), signal.SIGUSR2); print('alive')")
    assert task() == 0
    assert task.files.log.read_text() == "alive\n"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_to_the_worker_ends_the_command(make_task, number):
    task = make_task(SLEEP)
    when_up(task, lambda: os.kill(os.getpid(), number))
    assert task() == 143
    assert Record.read(task.files.attempt).exit_code == 143


def test_a_checkpoint_ends_the_command_and_hands_back_what_continues_it(make_task):
    task, handed = make_task(SLEEP), []

    def requeue():
        handed.append(task.checkpoint())
        raise SystemExit(1)  # as submitit does

    when_up(task, requeue)
    with pytest.raises(SystemExit):
        task()
    assert Record.read(task.files.attempt).exit_code == 143
    (delayed,) = handed
    assert isinstance(delayed, DelayedSubmission)
    assert delayed.function.command == task.command
    assert delayed.function is not task


def test_the_id_of_a_slurm_job_is_that_of_squeue(make_task, monkeypatch):
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    task = make_task("pass")
    task()
    assert Record.read(task.files.attempt).job == "12"
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "11")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "0")
    task()
    assert Record.read(task.files.attempt).job == "11_0"
