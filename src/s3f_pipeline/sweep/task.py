"""What one worker does: it runs one command and notes how it ends."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from s3f_pipeline.process_identity import process_name
from s3f_pipeline.signals import SIGNALS
from s3f_pipeline.sweep.records import Record, RunFiles

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

GRACE_SECONDS = 30
"""How long a run may take to end after SIGTERM."""
POLL_SECONDS = 0.2
SENT_BY_TERMINALS = (signal.SIGINT, signal.SIGHUP)
"""What every process of a terminal gets; of a sweep, only the sweep itself is to hear it."""


@dataclass
class Task:
    """A callable that submitit ships to a worker, on this machine or on a cluster.

    The worker survives its run and tells how it ended. Slurm's warning (time limit or preemption) makes
    submitit call ``checkpoint``: the run is ended, its last state is kept, and the job is queued again.

    Attributes:
        command: What a user would type.
        files: Where records and log lie.
        folder: In which the command is run.
        environment: Variables that differ from those of the worker; ``None`` takes one away.
    """

    command: list[str]
    files: RunFiles
    folder: Path
    environment: dict[str, str | None]
    _record: Record | None = field(default=None, init=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _stopping: bool = field(default=False, init=False)

    def __call__(self) -> int:
        """Run the command, and return its exit code as shells count."""
        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores it
                signal.signal(number, self._forward)
        self.files.log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **self.environment}
        with self.files.log.open("ab") as log:
            self._process = process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={name: value for name, value in environment.items() if value is not None},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C reaches the run once, through the sweep
                preexec_fn=_prepare_signals,
            )
        self._record = Record(self.command, process_name(process.pid), job=_slurm_job())
        self._record.write(self.files.attempt)
        if self._stopping:
            process.terminate()
        while process.poll() is None:
            time.sleep(POLL_SECONDS)
        return self._ended(process.returncode)

    def checkpoint(self) -> "DelayedSubmission":
        """End the run within the grace period, and hand back what continues it."""
        from submitit.helpers import DelayedSubmission

        if self._process is not None:
            self._stop(self._process)
        return DelayedSubmission(replace(self))

    def _stop(self, process: "subprocess.Popen[bytes]") -> None:
        process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        process.kill()
        self._ended(-signal.SIGTERM)

    def _ended(self, returncode: int) -> int:
        code = 128 - returncode if returncode < 0 else returncode
        if self._record is not None:
            replace(self._record, exit_code=code).write(self.files.attempt)
        return code

    def _forward(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        if self._process is not None:
            self._process.terminate()


def _prepare_signals() -> None:
    """In the child: Slurm's warning goes to every process of a job, and is the worker's alone to heed."""
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SENT_BY_TERMINALS)


def _slurm_job() -> str | None:
    """Id of the Slurm job that this process belongs to, as ``squeue --array`` writes it."""
    if os.environ.get("SUBMITIT_EXECUTOR") != "slurm":
        return None
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{task}" if array else os.environ.get("SLURM_JOB_ID")
