import os
import signal
import subprocess
import sys
import time

import pytest
from submitit.core.utils import DelayedSubmission

from s3f_pipeline.errors import SweepError
from s3f_pipeline.sweep import slurm
from s3f_pipeline.sweep.records import Record
from s3f_pipeline.sweep.slurm import SlurmOptions, queue, submit

OPTIONS = SlurmOptions(partition=None, minutes=60, gpus_per_task=0, cpus_per_task=4, jobs=None)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Stand-ins for the programs of Slurm; ``sbatch`` keeps each script that it is given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(name: str, script: str = "exit 0") -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    write("sbatch", f'cat "$1" >> {tmp_path}/scripts; echo Submitted batch job 123')
    for name in ("srun", "squeue"):
        write(name)
    return write


@pytest.fixture
def submitted(programs, make_run, make_task, tmp_path):
    def submit_some(number: int, options: SlurmOptions = OPTIONS):
        tasks = [make_task("print('up', flush=True)", seed) for seed in range(number)]
        submit({make_run(seed): task for seed, task in enumerate(tasks)}, tmp_path / "jobs", options=options)
        return tasks, (tmp_path / "scripts").read_text().splitlines()

    return submit_some


def test_many_runs_are_one_array(submitted, tmp_path):
    tasks, script = submitted(3)
    assert "#SBATCH --array=0-2%3" in script
    assert "#SBATCH --time=60" in script
    assert "#SBATCH --cpus-per-task=4" in script
    assert "#SBATCH --signal=USR2@90" in script
    assert not [line for line in script if "gpu" in line or "partition" in line or "wckey" in line]
    assert [Record.read(task.files.submission).job for task in tasks] == ["123_0", "123_1", "123_2"]
    for number, task in enumerate(tasks):
        shipped = DelayedSubmission.load(tmp_path / "jobs" / f"123_{number}_submitted.pkl")
        assert shipped.function.command == task.command


def test_one_run_is_one_job(submitted):
    (task,), script = submitted(1)
    assert not [line for line in script if "--array" in line]
    assert Record.read(task.files.submission).job == "123"


def test_partition_gpus_and_runs_at_a_time(submitted):
    _, script = submitted(3, SlurmOptions("gpu", 30, gpus_per_task=1, cpus_per_task=2, jobs=2))
    assert "#SBATCH --partition=gpu" in script
    assert "#SBATCH --gpus-per-task=1" in script
    assert "#SBATCH --array=0-2%2" in script


def test_very_many_runs_are_several_arrays(submitted, monkeypatch):
    monkeypatch.setattr(slurm, "MAX_ARRAY", 2)
    _, script = submitted(5)
    assert [line for line in script if "--array" in line] == ["#SBATCH --array=0-1%2"] * 2


def test_no_slurm_here(make_run, make_task, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SweepError, match=r"no sbatch and no srun and no squeue.*--executor=local"):
        submit({make_run(): make_task("pass")}, tmp_path / "jobs", options=OPTIONS)


def test_slurm_refuses(programs, make_run, make_task, tmp_path):
    programs("sbatch", "echo 'sbatch: error: invalid partition specified: x' >&2; exit 1")
    with pytest.raises(SweepError, match=r"refused the jobs: .*invalid partition"):
        submit({make_run(): make_task("pass")}, tmp_path / "jobs", options=OPTIONS)


def test_the_queue(programs):
    programs("squeue", "echo '123_0 RUNNING'; echo '123_1 PENDING'")
    assert queue() == {"123_0": "RUNNING", "123_1": "PENDING"}
    programs("squeue", "exit 1")
    assert queue() is None


def test_a_warned_job_ends_its_run_and_is_queued_again(programs, make_run, make_task, tmp_path):
    """What Slurm does with a job near its time limit, played by hand."""
    programs("scontrol", f'echo "$@" >> {tmp_path}/requeued')
    first_sleeps = (
        "import pathlib, time; p = pathlib.Path('been'); been = p.exists(); p.touch(); "
        "print('up', flush=True); been or time.sleep(60)"
    )
    task = make_task(first_sleeps)
    submit({make_run(): task}, tmp_path / "jobs", options=OPTIONS)
    environment = {**os.environ, "SUBMITIT_EXECUTOR": "slurm", "SLURM_JOB_ID": "123"}
    command = [sys.executable, "-m", "submitit.core._submit", str(tmp_path / "jobs")]

    worker = subprocess.Popen(command, env=environment)
    deadline = time.monotonic() + 60
    while not (task.files.log.exists() and task.files.log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    worker.send_signal(signal.SIGUSR2)
    assert worker.wait(60) != 0
    assert Record.read(task.files.attempt).exit_code == 143
    assert (tmp_path / "requeued").read_text() == "requeue 123\n"

    assert subprocess.run(command, env=environment, timeout=60).returncode == 0
    assert Record.read(task.files.attempt) == Record(
        task.command, Record.read(task.files.attempt).process, job="123", exit_code=0
    )
