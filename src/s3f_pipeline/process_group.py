"""The processes that train one network together, usually one per host or per GPU.

They are launched with the environment variables of ``keras.distribution``, or as the tasks of one Slurm step.
The first one leads: it alone writes, tracks and evaluates an experiment and reports on it; the others only
train, and wait while images and splits are prepared.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from s3f_pipeline.errors import ConfigError

ADDRESSES = "KERAS_DISTRIBUTION_JOB_ADDRESSES"
COUNT = "KERAS_DISTRIBUTION_NUM_PROCESSES"
NUMBER = "KERAS_DISTRIBUTION_PROCESS_ID"
SLURM = "slurm"
"""In place of an address: all tasks of the Slurm step train together, and JAX asks Slurm for the address."""
SLURM_COUNT = "SLURM_STEP_NUM_TASKS"
SLURM_NUMBER = "SLURM_PROCID"


@dataclass(frozen=True)
class Process:
    """One of the processes that train together.

    Attributes:
        number: From 0.
        count: Of all of them.
        address: Host and port of the first one; ``None`` leaves it to Slurm.
    """

    number: int = 0
    count: int = 1
    address: str | None = None

    @property
    def leads(self) -> bool:
        """Whether it is the one that writes."""
        return self.number == 0


ALONE = Process()


def this_process(environment: Mapping[str, str] = os.environ) -> Process:
    """Read which process this is.

    Raises:
        ConfigError: If the variables contradict each other.
    """
    address = environment.get(ADDRESSES, "").partition(",")[0]
    of_slurm = address == SLURM
    if not of_slurm and COUNT not in environment:
        return ALONE
    names = (SLURM_COUNT, SLURM_NUMBER) if of_slurm else (COUNT, NUMBER)
    count, number = (_number(environment, name) for name in names)
    if not 0 <= number < count:
        raise ConfigError(f"{names[1]} is {number}, but it must be less than {names[0]}, which is {count}.")
    if count > 1 and not of_slurm and not address.rpartition(":")[2].isdigit():
        raise ConfigError(
            f"{COUNT} is {count}, but {ADDRESSES} does not name the first process. "
            f"Set it to <host>:<port>, the same for all processes, or to {SLURM} for the tasks of a Slurm "
            f"step."
        )
    return Process(number, count, None if of_slurm else address or None)


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    if not text.isdigit():
        raise ConfigError(f"The environment variable {name} is {text!r}, and should be a whole number.")
    return int(text)
