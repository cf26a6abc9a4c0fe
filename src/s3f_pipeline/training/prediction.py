"""Probabilities of a network for rows of an image store."""

import keras
import numpy as np

from s3f_pipeline.training.batches import ImageBatches


def predict_probabilities(
    model: keras.Model, images: np.ndarray, rows: np.ndarray, batch_size: int
) -> np.ndarray:
    """Predict class probabilities.

    Args:
        model: A network with a softmax head, or with one sigmoid output.
        images: uint8 of shape (N, H, W, C).
        rows: Rows of ``images``.
        batch_size: Images per step.

    Returns:
        float64 of shape (len(rows), classes) whose rows sum to 1; for a sigmoid head the columns are
        the negative and the positive class.
    """
    batches = ImageBatches(images, rows, batch_size=batch_size)
    return as_probabilities(model.predict(batches, verbose=0))


def as_probabilities(outputs: np.ndarray) -> np.ndarray:
    """Make float64 class probabilities of a head's outputs, (n, classes) or (n, 1)."""
    outputs = np.asarray(outputs, np.float64)
    if outputs.shape[1] == 1:
        return np.concatenate([1 - outputs, outputs], axis=1)
    return outputs / outputs.sum(axis=1, keepdims=True)
