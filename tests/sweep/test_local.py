import os
import signal
import time

import pytest

from s3f_pipeline.errors import SweepError
from s3f_pipeline.process_identity import is_dead
from s3f_pipeline.sweep.local import gpu_shares, run_locally
from s3f_pipeline.sweep.records import Record


@pytest.fixture
def run_all(make_run, tmp_path):
    def run(*tasks, jobs=1, gpus_per_task=0):
        submitted = {make_run(seed): task for seed, task in enumerate(tasks)}
        for task in tasks:
            Record(task.command, "sweep").write(task.files.submission)
        run_locally(submitted, tmp_path / "submitit", jobs=jobs, gpus_per_task=gpus_per_task)

    return run


def test_what_fails_does_not_stop_the_others(make_task, run_all):
    codes = ("pass", "raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)")
    tasks = [make_task(code, seed) for seed, code in enumerate(codes)]
    run_all(*tasks, jobs=2)
    assert [Record.read(task.files.attempt).exit_code for task in tasks] == [0, 3, 137]
    assert not any(task.files.submission.exists() for task in tasks)


def test_a_run_whose_worker_was_killed_is_ended_before_the_next_one_begins(make_task, run_all):
    kill_the_worker = "import os, time; time.sleep(1); os.kill(os.getppid(), 9); time.sleep(60)"
    orphan, next_one = (make_task(code, seed) for seed, code in enumerate((kill_the_worker, "pass")))
    run_all(orphan, next_one)
    attempt = Record.read(orphan.files.attempt)
    assert attempt.exit_code is None
    assert is_dead(attempt.process)
    assert Record.read(next_one.files.attempt).exit_code == 0


def test_at_most_so_many_at_a_time(make_task, run_all):
    stamp = "import time; print(time.time(), flush=True); time.sleep(1); print(time.time())"
    tasks = [make_task(stamp, seed) for seed in range(4)]
    run_all(*tasks, jobs=2)
    spans = [tuple(map(float, task.files.log.read_text().split())) for task in tasks]
    assert max(sum(start <= begin < end for start, end in spans) for begin, _ in spans) <= 2


def test_an_exception_ends_what_runs(make_task, run_all):
    tasks = [make_task("import time; time.sleep(60)", seed) for seed in range(2)]

    def stop(number, frame):
        if all(task.files.attempt.exists() for task in tasks):
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            run_all(*tasks, jobs=2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < 30
    assert [Record.read(task.files.attempt).exit_code for task in tasks] == [143, 143]


@pytest.mark.parametrize(("visible", "gpus", "seen"), [("5,6", 0, "5,6"), (None, 0, "None"), ("5,6", 1, "5")])
def test_gpus_stay_as_they_are_unless_asked_for(make_task, run_all, monkeypatch, visible, gpus, seen):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    task = make_task("import os; print(os.environ.get('CUDA_VISIBLE_DEVICES'))")
    run_all(task, gpus_per_task=gpus)
    assert task.files.log.read_text() == f"{seen}\n"
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == visible


def test_gpus_are_shared_out():
    assert gpu_shares(2, 0, None) == [None, None]
    assert gpu_shares(2, 0, "3") == ["3", "3"]
    assert gpu_shares(2, 2, None) == ["0,1", "2,3"]
    assert gpu_shares(2, 1, "4,7,9") == ["4", "7"]
    with pytest.raises(SweepError, match=r"need 4 GPUs.*'4,7,9'"):
        gpu_shares(2, 2, "4,7,9")
