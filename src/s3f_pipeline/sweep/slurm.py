"""Runs on a cluster, as an array of jobs, through submitit's Slurm executor."""

import getpass
import logging
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from s3f_pipeline.errors import SweepError
from s3f_pipeline.process_identity import this_process
from s3f_pipeline.sweep.plan import Run
from s3f_pipeline.sweep.records import Record
from s3f_pipeline.sweep.task import GRACE_SECONDS, Task

JOB_NAME = "s3f-sweep"
MAX_ARRAY = 1000
MAX_TIMEOUTS = 20
WARNING_SECONDS = 3 * GRACE_SECONDS
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SlurmOptions:
    """What is asked of Slurm for each run; ``sbatch`` reads more from variables such as SBATCH_ACCOUNT.

    Attributes:
        partition: ``None`` for the cluster's default.
        minutes: After which Slurm warns and the run goes back into the queue.
        gpus_per_task: 0 asks for no GPU.
        cpus_per_task: CPU cores.
        jobs: At most this many at a time, ``None`` for as many as Slurm gives.
    """

    partition: str | None
    minutes: int
    gpus_per_task: int
    cpus_per_task: int
    jobs: int | None

    def parameters(self) -> dict[str, object]:
        """As submitit names them."""
        asked: dict[str, object] = {
            "job_name": JOB_NAME,
            "time": self.minutes,
            "nodes": 1,
            "ntasks_per_node": 1,
            "cpus_per_task": self.cpus_per_task,
            "srun_args": [f"--cpus-per-task={self.cpus_per_task}"],  # srun no longer takes it from sbatch
            "signal_delay_s": WARNING_SECONDS,
            "wckey": None,
            "array_parallelism": self.jobs or MAX_ARRAY,  # submitit would allow 256
        }
        if self.partition is not None:
            asked["partition"] = self.partition
        if self.gpus_per_task:
            asked["gpus_per_task"] = self.gpus_per_task
        return asked


def submit(tasks: Mapping[Run, Task], folder: Path, *, options: SlurmOptions) -> None:
    """Submit all tasks as arrays of jobs, note the id of each job, and return.

    Args:
        tasks: What to run.
        folder: Where submitit keeps its files; every node must see it.
        options: What is asked of Slurm.

    Raises:
        SweepError: If Slurm refuses.
    """
    from submitit import SlurmExecutor
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    require_slurm()
    executor = SlurmExecutor(folder, max_num_timeout=MAX_TIMEOUTS)
    executor.update_parameters(**options.parameters())
    left = list(tasks.values())
    while left:
        array, left = left[:MAX_ARRAY], left[MAX_ARRAY:]
        try:
            jobs = executor.submit_array(array)
        except (FailedJobError, FailedSubmissionError) as error:
            raise SweepError(f"Slurm has refused the jobs: {' '.join(str(error).split())}") from error
        for task, job in zip(array, jobs, strict=True):
            Record(task.command, this_process(), job=job.job_id).write(task.files.submission)
        logger.info("Submitted as Slurm job %s: %d", jobs[0].job_id.partition("_")[0], len(array))


def require_slurm() -> None:
    """Check that this machine can submit jobs.

    Raises:
        SweepError: Naming the programs that are missing.
    """
    missing = [name for name in ("sbatch", "srun", "squeue") if shutil.which(name) is None]
    if missing:
        raise SweepError(
            f"There is no {' and no '.join(missing)} here. Start the sweep on a machine of the cluster, or "
            f"take --executor=local."
        )


def queue() -> dict[str, str] | None:
    """State of each of the user's jobs that Slurm has, by id; ``None`` where Slurm does not answer."""
    command = ["squeue", "--noheader", "--array", f"--user={getpass.getuser()}", "--format=%i %T"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if line.strip())
