"""The state of a run."""

from collections.abc import Mapping
from enum import StrEnum

from s3f_pipeline.process_identity import is_dead
from s3f_pipeline.sweep.records import Record

TERMINATED_CODE = 143
INTERRUPTED_CODES = (129, 130, TERMINATED_CODE)
KILLED_CODE = 137
WAITING_IN_QUEUE = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD")


class State(StrEnum):
    """What a run is doing, or how it has ended."""

    FINISHED = "finished"
    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    LOST = "lost"
    OUTDATED = "outdated"
    NOT_STARTED = "not started"

    @property
    def is_busy(self) -> bool:
        """Whether a process works on the run, or will."""
        return self in (State.RUNNING, State.WAITING)


def state_of(
    command: list[str],
    submission: Record | None,
    attempt: Record | None,
    queue: Mapping[str, str] | None,
    *,
    finished: bool,
    has_results: bool,
) -> State:
    """Tell the state of a run.

    Args:
        command: What the run is now; an attempt at another command says nothing about it.
        submission: What the sweep has noted, if anything.
        attempt: What the worker has noted, if anything.
        queue: State of each job that Slurm has, by id; ``None`` where Slurm cannot be asked.
        finished: Whether every stage of the run is finished.
        has_results: Whether it has been, with whatever parameters, data and code.
    """
    latest = attempt or submission
    if latest is not None and (busy := _busy(latest, queue, started=attempt is not None)):
        return busy
    if finished:
        return State.FINISHED
    nothing_to_tell = State.OUTDATED if has_results else State.NOT_STARTED
    if attempt is None or attempt.command != command:
        return nothing_to_tell
    if attempt.exit_code in INTERRUPTED_CODES:
        return State.INTERRUPTED
    if attempt.exit_code in (None, KILLED_CODE):
        return State.LOST
    return State.FAILED if attempt.exit_code else nothing_to_tell


def _busy(latest: Record, queue: Mapping[str, str] | None, *, started: bool) -> State | None:
    ended = latest.exit_code is not None
    if latest.job is not None and queue is not None:
        if latest.job not in queue:
            return None
        if queue[latest.job] in WAITING_IN_QUEUE:
            return State.WAITING
        starts_again = queue[latest.job] == "RUNNING" and latest.exit_code == TERMINATED_CODE
        return State.RUNNING if starts_again or not ended else None
    if ended or (latest.job is None and is_dead(latest.process)):
        return None
    return State.RUNNING if started else State.WAITING
