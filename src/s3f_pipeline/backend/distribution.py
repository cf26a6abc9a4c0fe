"""Training on several devices at once, of one host or of several."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np

from s3f_pipeline.backend.devices import backend_name, gpus
from s3f_pipeline.errors import TrainingError
from s3f_pipeline.process_group import ALONE, Process, this_process

Requested = Literal["auto", "none", "data_parallel"]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Spread:
    """What the batches of a training are spread over.

    Attributes:
        devices: Of all processes.
        process: This one.
    """

    devices: int = 1
    process: Process = ALONE


ONE_DEVICE = Spread()


@contextmanager
def spread_batches(requested: Requested, batch_size: int) -> Iterator[Spread]:
    """Spread the batches of the networks built inside the block over devices.

    Each device takes an equal part of every batch, and holds all weights. Steps are those of one device up
    to rounding, batch normalisation included, because JAX computes its statistics over the whole batch;
    TensorFlow would compute them for each device apart, so it stays on one device.

    With several processes (see ``process_group``) the block begins when all of them have come, and must be
    entered before the backend has computed anything.

    Args:
        requested: ``auto`` spreads over several GPUs on JAX; ``data_parallel`` over all devices; ``none``
            stays on one.
        batch_size: Images per step, over all devices.

    Raises:
        TrainingError: If the backend cannot, a process is lost, processes have different numbers of devices,
            or the batch cannot be dealt out evenly.
    """
    process = this_process()
    if process.count > 1:
        _meet(process, requested)
    counts = _devices() if requested != "none" else [1]
    if len(set(counts)) > 1:
        raise TrainingError(
            f"The processes that train together have {', '.join(map(str, counts))} devices, and all need the "
            f"same number. Give each one GPU, for instance by CUDA_VISIBLE_DEVICES."
        )
    count = sum(counts)
    if requested == "auto" and count > 1 and backend_name() != "jax":
        logger.info("%d GPUs, one of them is used. To use all: KERAS_BACKEND=jax", count)
        count = 1
    if requested == "data_parallel" and backend_name() != "jax":
        raise TrainingError(
            f"training.distribution is data_parallel, which needs JAX, and the backend is {backend_name()}. "
            f"Set KERAS_BACKEND=jax, or training.distribution=none."
        )
    if batch_size % count:
        raise TrainingError(
            f"{batch_size} images per step cannot be dealt to {count} devices evenly. Set "
            f"--params=training.batch_size={count * max(1, batch_size // count)}, or "
            f"training.distribution=none."
        )
    if count == 1:
        yield ONE_DEVICE
        return
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(devices=keras.distribution.list_devices(), auto_shard_dataset=False)
    )
    try:
        with _losses_explained(process):
            yield Spread(count, process)
    finally:
        keras.distribution.set_distribution(before)
    if process.count > 1:
        _part()


def agree(figures: Mapping[str, float]) -> dict[str, float]:
    """Return the figures of the first process in all of them, to the bit.

    All must call it at the same point: decisions that follow from figures, such as when to stop, are then the
    same in all processes.
    """
    if this_process().count == 1:
        return dict(figures)
    from jax.experimental import multihost_utils

    own = np.array(list(figures.values()), np.float64)
    told = np.asarray(multihost_utils.broadcast_one_to_all(own.view(np.uint8)))
    return dict(zip(figures, told.view(np.float64).tolist(), strict=True))


def require_agreement(figures: Mapping[str, float]) -> None:
    """Check that all processes are about to do the same.

    Args:
        figures: By what a message calls them.

    Raises:
        TrainingError: In a process whose figures are not those of the first one.
    """
    if differing := [name for name, told in agree(figures).items() if told != figures[name]]:
        raise TrainingError(
            f"This process and the first one have not the same {', '.join(differing)}. Start all processes "
            f"with the same command, on one shared data folder."
        )


def _devices() -> list[int]:
    """GPUs, or the (virtual) CPUs of JAX, of each process."""
    if backend_name() == "jax":
        import jax

        return list(Counter(device.process_index for device in jax.devices()).values())
    return [max(1, len(gpus()))]


def _meet(process: Process, requested: Requested) -> None:
    """Wait for the other processes."""
    if backend_name() != "jax" or requested == "none":
        raise TrainingError(
            f"{process.count} processes were started to train together, which needs KERAS_BACKEND=jax (it is "
            f"{backend_name()}) and training.distribution=auto or data_parallel (it is {requested})."
        )
    import jax

    jax.config.update("jax_enable_preemption_service", False)  # it would take SIGTERM away from us
    logger.info(
        "Process %d of %d: waiting for all to come%s. JAX ends it if one is missing after five minutes.",
        process.number + 1, process.count, f" to {process.address}" if process.address else "",
    )  # fmt: skip
    keras.utils.set_random_seed(0)  # else Keras agrees on one over CPU devices; the training sets its own
    keras.distribution.initialize(process.address, process.count, process.number)


@contextmanager
def _losses_explained(process: Process) -> Iterator[None]:
    """Say what a failed exchange between processes means."""
    try:
        yield
    except Exception as error:
        if process.count == 1 or not _is_failed_exchange(error):
            raise
        raise TrainingError(
            f"Another of the {process.count} processes was lost ({str(error)[-120:]}). Start all again: "
            f"training goes on from its last state."
        ) from error


def _is_failed_exchange(error: BaseException) -> bool:
    return type(error).__name__ == "JaxRuntimeError" and any(
        word in str(error) for word in ("Gloo", "NCCL", "heartbeat", "coordination")
    )


def _part() -> None:
    """Wait until all are done, and go on alone."""
    import jax

    jax.distributed.shutdown()
