"""Naming a process, so that what a dead one has left can be told from what a living one works on."""

import os
import platform

import psutil


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
