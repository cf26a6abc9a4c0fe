"""What a training will take, told before it starts, and refused where nobody can mean it."""

import logging
import math
import os
import re
import shutil
from pathlib import Path

import keras
import numpy as np

from s3f_pipeline.backend.devices import on_gpu
from s3f_pipeline.backend.distribution import agree
from s3f_pipeline.durations import duration
from s3f_pipeline.errors import TrainingError
from s3f_pipeline.models import summarise
from s3f_pipeline.room import Room, room_needed
from s3f_pipeline.training.estimate import time_needed
from s3f_pipeline.training.fit import memory_errors_explained

logger = logging.getLogger(__name__)
MEMORY = Path("/proc/meminfo")
GIGABYTE = 1e9
HOUR = 3600.0
LARGEST_OVERESTIMATE = 3
"""Estimates of memory came to 1.0 to 2.6 times what training took (ResNet-18, MedSpectralNet)."""
LESS_MEMORY = "Lower it by --params=training.batch_size=<n> or image_size=<n>."


def check_cost(
    model: keras.Model,
    images: np.memmap,
    folder: Path,
    *,
    batch_size: int,
    epochs: int,
    training_images: int,
    selection_images: int,
    devices: int,
    max_hours: float,
) -> None:
    """Estimate, tell, and refuse; arguments as in ``room_needed``, ``time_needed`` and ``require_time``.

    ``folder`` is where results go to, there or not yet.

    Raises:
        TrainingError: If training needs too much memory, disk or time.
    """
    folder = next(each for each in (folder, *folder.parents) if each.exists())
    room = room_needed(summarise(model), batch_size=batch_size, devices=devices)
    require_room(room, folder, shared_memory=not on_gpu())
    with memory_errors_explained(batch_size):
        seconds = time_needed(
            model, images, batch_size=batch_size, training_images=training_images,
            selection_images=selection_images, epochs=epochs, devices=devices,
        )  # fmt: skip
    tell_cost(seconds, room, epochs, folder, shared_memory=not on_gpu())
    require_time(agree({"seconds": seconds})["seconds"], epochs, max_hours)


def require_room(room: Room, folder: Path, *, shared_memory: bool) -> None:
    """Refuse what cannot be computed or saved.

    Args:
        room: What training needs.
        folder: On the disk that results go to.
        shared_memory: Whether the device computes in the memory of the machine, as a CPU does.

    Raises:
        TrainingError: If the disk has less room than the network's files take, or the machine less memory
            than training takes for certain.
    """
    memory = memory_of_machine()
    if shared_memory and room.memory > LARGEST_OVERESTIMATE * memory:
        raise TrainingError(
            f"Training takes about {room.memory / GIGABYTE:.1f} GB of memory, and this machine has "
            f"{memory / GIGABYTE:.1f} GB. {LESS_MEMORY}"
        )
    free_disk = shutil.disk_usage(folder).free
    if room.disk > free_disk:
        raise TrainingError(
            f"The disk of {folder} has {free_disk / GIGABYTE:.2f} GB free; the trained network takes about "
            f"{room.disk / GIGABYTE:.2f} GB. Make room first."
        )


def require_time(seconds: float, epochs: int, max_hours: float) -> None:
    """Refuse a training that takes longer than somebody may think who starts it.

    Args:
        seconds: Of all epochs.
        epochs: Most epochs there can be.
        max_hours: How long it may take without being asked for.

    Raises:
        TrainingError: If it takes longer.
    """
    if seconds > max_hours * HOUR:
        raise TrainingError(
            f"Training would take about {duration(seconds)} on this device if all {epochs} epochs "
            f"run, and max_hours is {max_hours:g}. To train all the same: "
            f"--params=max_hours={math.ceil(1.5 * seconds / HOUR)}. What takes less: a GPU, a smaller "
            f"image_size, or fewer training.epochs."
        )


def tell_cost(seconds: float, room: Room, epochs: int, folder: Path, *, shared_memory: bool) -> None:
    """Log what training will take.

    Args:
        seconds: Of all epochs.
        room: What training needs.
        epochs: Most epochs there can be.
        folder: On the disk that results go to.
        shared_memory: Whether the device computes in the memory of the machine, as a CPU does.
    """
    free_memory = free_memory_of_machine()
    logger.info(
        "Estimate: about %s for %s once compiled; %.1f GB memory (%s), %.2f GB disk (%.1f GB free)",
        duration(seconds), "1 epoch" if epochs == 1 else f"{epochs} epochs",
        room.memory / GIGABYTE, f"{free_memory / GIGABYTE:.1f} GB free" if shared_memory else "per GPU",
        room.disk / GIGABYTE, shutil.disk_usage(folder).free / GIGABYTE,
    )  # fmt: skip
    if shared_memory and room.memory > free_memory:
        logger.warning("Training may run out of memory. %s", LESS_MEMORY)


def memory_of_machine() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def free_memory_of_machine() -> int:
    """Bytes of it that programs can still get, as Linux tells; elsewhere all there are."""
    told = MEMORY.read_text() if MEMORY.is_file() else ""
    found = re.search(r"^MemAvailable:\s*(\d+) kB$", told, re.MULTILINE)
    return 1024 * int(found[1]) if found else memory_of_machine()
