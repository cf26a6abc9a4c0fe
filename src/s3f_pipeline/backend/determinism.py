"""The same seed gives the same network."""

import logging
import os

import keras

from s3f_pipeline.backend.devices import on_gpu

logger = logging.getLogger(__name__)
XLA_FLAG = "--xla_gpu_deterministic_ops=true"


def make_deterministic(seed: int, *, operations: bool) -> None:
    """Seed Python, NumPy and the backend, and make operations repeatable.

    On JAX operations are repeatable on the CPU; on a GPU they are if ``XLA_FLAGS`` asked for it when the
    process started, and a warning says so if it did not.

    Args:
        seed: Of weights and dropout, at least 0.
        operations: Ask the backend for operations that give the same bits each time, which can be slower.
            TensorFlow keeps to it until the process ends.
    """
    keras.utils.set_random_seed(seed)
    if not operations:
        return
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            tf.config.experimental.enable_op_determinism()
        case "jax":
            if on_gpu() and XLA_FLAG not in os.environ.get("XLA_FLAGS", ""):
                logger.warning(
                    "Results may differ from run to run. To prevent it, start with XLA_FLAGS=%s", XLA_FLAG
                )
