"""Which process a run belongs to, so that runs of dead processes can be told from living ones."""

import logging
import os
import platform
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from mlflow import MlflowClient

PROCESS_TAG = "process"
logger = logging.getLogger(__name__)


def this_process() -> str:
    """Identify this process; see ``process_name``."""
    return process_name(os.getpid())


def process_name(pid: int) -> str:
    """Identify a process of this machine: machine, process id and start time, separated by blanks."""
    process = psutil.Process(pid)
    return f"{platform.node()} {process.pid} {process.create_time():.0f}"


def is_dead(process: str) -> bool:
    """Say whether a process of *this* machine has ended; those of other machines count as alive.

    A killed process that nobody has waited for (a zombie) has ended.
    """
    node, _, rest = process.partition(" ")
    return node == platform.node() and rest.partition(" ")[0].isdigit() and living_process(process) is None


def living_process(process: str) -> psutil.Process | None:
    """Return the process of this machine that ``process_name`` has named so, ``None`` if it has ended."""
    _, pid, started = process.split(" ")
    try:
        found = psutil.Process(int(pid))
        lives = f"{found.create_time():.0f}" == started and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return found if lives else None


def mark_dead_runs(client: "MlflowClient", experiment: str) -> None:
    """Mark runs of an experiment (its id) as KILLED that are RUNNING though their process is gone."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if is_dead(run.data.tags.get(PROCESS_TAG, "")):
            logger.info("MLflow run %s was left by a dead process: marked KILLED.", run.info.run_id)
            client.set_terminated(run.info.run_id, status="KILLED")
