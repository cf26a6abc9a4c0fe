"""Training on several devices of one host at once."""

import logging
from typing import Literal

import keras

from s3f_pipeline.backend.devices import backend_name, gpus
from s3f_pipeline.errors import TrainingError

Requested = Literal["auto", "none", "data_parallel"]
logger = logging.getLogger(__name__)


def use_distribution(requested: Requested, batch_size: int) -> int:
    """Spread the batches of all networks built from now on over the devices of this host.

    Each device takes an equal part of every batch, and holds all weights. Results are those of one device up
    to rounding, batch normalisation included, because JAX computes its statistics over the whole batch;
    TensorFlow would compute them for each device apart, so it stays on one device.

    Args:
        requested: ``auto`` spreads over several GPUs on JAX; ``data_parallel`` over all devices; ``none``
            stays on one.
        batch_size: Images per step, over all devices.

    Returns:
        Number of devices.

    Raises:
        TrainingError: If the backend cannot, or the batch cannot be dealt out evenly.
    """
    count = _devices() if requested != "none" else 1
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
    if count > 1:
        devices = keras.distribution.list_devices()
        keras.distribution.set_distribution(
            keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
        )
    return count


def _devices() -> int:
    """GPUs, or the (virtual) CPUs of JAX."""
    if backend_name() == "jax":
        import jax

        return len(jax.local_devices())
    return max(1, len(gpus()))
