"""The processes that train one network together, usually one per host or per GPU.

They are launched with the environment variables of ``keras.distribution`` or as the tasks of one Slurm step.
The first one leads: it alone writes, tracks, evaluates and reports; the others only train.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from s3f_pipeline.errors import ConfigError

ADDRESSES = "KERAS_DISTRIBUTION_JOB_ADDRESSES"
COUNT = "KERAS_DISTRIBUTION_NUM_PROCESSES"
NUMBER = "KERAS_DISTRIBUTION_PROCESS_ID"
SLURM_COUNT = "SLURM_STEP_NUM_TASKS"
"""Slurm sets it for the tasks that ``srun`` starts, and not for a batch script or a shell."""
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
    if COUNT in environment:
        count, number = _number(environment, COUNT), _number(environment, NUMBER)
        address = environment.get(ADDRESSES, "").partition(",")[0]
        if count > 1 and not address.rpartition(":")[2].isdigit():
            raise ConfigError(
                f"{COUNT} is {count}, but {ADDRESSES} does not name the first process. "
                f"Set it to <host>:<port>, the same for all processes."
            )
    else:
        count, number = int(environment.get(SLURM_COUNT, "1")), int(environment.get(SLURM_NUMBER, "0"))
        address = ""
        number = number if count > 1 else 0
    if not 0 <= number < count:
        raise ConfigError(f"{NUMBER} is {number}, but it must be from 0 to {count - 1} ({COUNT} - 1).")
    return Process(number, count, address or None)


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    if not text.isdigit():
        raise ConfigError(f"The environment variable {name} is {text!r}, and should be a whole number.")
    return int(text)
