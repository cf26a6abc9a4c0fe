"""The time that training will take, told before it starts."""

import time

import keras
import numpy as np

from s3f_pipeline.backend.forward import compile_forward

FORWARD_PASSES_PER_STEP = 3
"""A training step costs about three forward passes: one forward, two in the backward pass."""


def time_needed(
    model: keras.Model,
    images: np.ndarray,
    *,
    batch_size: int,
    training_images: int,
    selection_images: int,
    epochs: int,
    devices: int,
) -> float:
    """Estimate the seconds that all epochs take, by timing one forward pass.

    Weights do not change. Early stopping usually ends sooner.

    Args:
        model: The network.
        images: uint8 of shape (N, H, W, C); the first batch is used.
        batch_size: Images per step, over all devices; one of them is timed with its share.
        training_images: Images of the training split.
        selection_images: Images of the selection split.
        epochs: Most epochs there can be.
        devices: Over which batches are spread.
    """
    batch = images[: max(1, batch_size // devices)].astype(np.float32) / 255.0
    forward = compile_forward(model)
    forward(batch)
    began = time.perf_counter()
    forward(batch)
    per_image = (time.perf_counter() - began) / len(batch)
    return epochs * per_image * (FORWARD_PASSES_PER_STEP * training_images / devices + selection_images)
