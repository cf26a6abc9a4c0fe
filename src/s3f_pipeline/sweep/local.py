"""Runs on this machine, some at a time, through submitit's local executor."""

import logging
import os
import signal
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from s3f_pipeline.errors import SweepError
from s3f_pipeline.process_identity import living_process
from s3f_pipeline.sweep.plan import Run
from s3f_pipeline.sweep.records import Record
from s3f_pipeline.sweep.task import GRACE_SECONDS, POLL_SECONDS, SENT_BY_TERMINALS, Task

if TYPE_CHECKING:
    from submitit import Job, LocalExecutor

GPUS = "CUDA_VISIBLE_DEVICES"
NO_LIMIT_MINUTES = 366 * 24 * 60
logger = logging.getLogger(__name__)


def run_locally(tasks: Mapping[Run, Task], folder: Path, *, jobs: int, gpus_per_task: int) -> None:
    """Run all tasks, at most ``jobs`` at a time; an exception, Ctrl-C included, ends those that run.

    Args:
        tasks: What to run.
        folder: Where submitit keeps its files; a new one, because it names them by process ids.
        jobs: Processes at a time.
        gpus_per_task: Each process sees its own GPUs; with 0 it sees what this one sees.

    Raises:
        SweepError: If there are fewer GPUs in ``CUDA_VISIBLE_DEVICES`` than asked for.
    """
    from submitit import LocalExecutor

    executor = LocalExecutor(folder)
    executor.update_parameters(timeout_min=NO_LIMIT_MINUTES)
    places = deque(gpu_shares(jobs, gpus_per_task, os.environ.get(GPUS)))
    waiting = deque(tasks.items())
    running: dict[Run, tuple[Job[int], str | None]] = {}
    try:
        while waiting or running:
            while waiting and places:
                run, task = waiting.popleft()
                gpus = places.popleft()
                logger.info("Started: %s (%s)", run.title, task.files.log)
                running[run] = _submit(executor, task, gpus), gpus
            time.sleep(POLL_SECONDS)
            for run in [run for run, (job, _) in running.items() if job.done()]:
                attempt = Record.read(tasks[run].files.attempt)
                _tell_end(run, attempt)
                if attempt and attempt.exit_code is None:
                    _end_orphan(attempt)
                places.append(running.pop(run)[1])
    finally:
        _end([job for job, _ in running.values()])
        for task in tasks.values():
            task.files.submission.unlink(missing_ok=True)


def gpu_shares(jobs: int, gpus_per_task: int, visible: str | None) -> list[str | None]:
    """Share the GPUs out: what ``CUDA_VISIBLE_DEVICES`` is for each of the processes at a time.

    Raises:
        SweepError: If ``visible``, the variable's own value, names too few.
    """
    if not gpus_per_task:
        return [visible] * jobs
    needed = jobs * gpus_per_task
    names = [str(number) for number in range(needed)] if visible is None else visible.split(",")
    if len(names) < needed:
        raise SweepError(
            f"{jobs} processes with {gpus_per_task} GPUs each need {needed} GPUs, but {GPUS} is "
            f"'{visible}'. Lower --jobs or --gpus-per-task."
        )
    return [",".join(names[start : start + gpus_per_task]) for start in range(0, needed, gpus_per_task)]


def _submit(executor: "LocalExecutor", task: Task, gpus: str | None) -> "Job[int]":
    """Start a worker; it hears neither Ctrl-C nor a closed terminal, so that it can tell how its run ends."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SENT_BY_TERMINALS)
    try:
        return executor.submit(replace(task, environment={**task.environment, GPUS: gpus}))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _tell_end(run: Run, attempt: Record | None) -> None:
    code = attempt.exit_code if attempt else None
    logger.info("Ended:   %s (%s)", run.title, "its worker was lost" if code is None else f"exit code {code}")


def _end_orphan(attempt: Record) -> None:
    """End a run whose worker was lost, before its place and its GPUs are given to the next one."""
    process = living_process(attempt.process)
    if process is None:
        return
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()


def _end(jobs: "Sequence[Job[int]]") -> None:
    """Ask workers to end their runs, and insist after the grace period."""
    left = [job for job in jobs if not job.done()]
    if not left:
        return
    logger.info("Ending %d started runs; each has %d s to keep its state.", len(left), GRACE_SECONDS)
    for job in left:
        psutil.Process(int(job.job_id)).terminate()  # the id of a local job is that of its process
    deadline = time.monotonic() + GRACE_SECONDS
    while (left := [job for job in left if not job.done()]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for job in left:
        with suppress(psutil.NoSuchProcess):
            worker = psutil.Process(int(job.job_id))
            for process in [*worker.children(recursive=True), worker]:
                process.kill()
