"""Probabilities of a network for images."""

import keras
import numpy as np

from s3f_pipeline.backend.forward import compile_forward
from s3f_pipeline.training.batches import ImageBatches


class Predictor:
    """Predicts class probabilities; compiled once, it follows the weights of its network.

    Args:
        model: A network with a softmax head, or with one sigmoid output.
    """

    def __init__(self, model: keras.Model) -> None:
        """Compile the forward pass."""
        self._forward = compile_forward(model)

    def probabilities(self, batch: np.ndarray) -> np.ndarray:
        """Predict a batch.

        Args:
            batch: float32 in [0, 1] of shape (n, H, W, C).

        Returns:
            float64 of shape (n, classes) whose rows sum to 1; for a sigmoid head the columns are the
            negative and the positive class.
        """
        return as_probabilities(self._forward(np.asarray(batch, np.float32)))

    def of_rows(self, images: np.ndarray, rows: np.ndarray, batch_size: int) -> np.ndarray:
        """Predict rows of an image store.

        Args:
            images: uint8 of shape (N, H, W, C).
            rows: Rows of ``images``, at least one.
            batch_size: Images per step.

        Returns:
            As ``probabilities``, of shape (len(rows), classes).
        """
        batches = ImageBatches(images, rows, batch_size=batch_size)
        return np.concatenate([self.probabilities(batches[n]) for n in range(batches.num_batches)])


def as_probabilities(outputs: np.ndarray) -> np.ndarray:
    """Make float64 class probabilities of a head's outputs, (n, classes) or (n, 1)."""
    outputs = np.asarray(outputs, np.float64)
    if outputs.shape[1] == 1:
        return np.concatenate([1 - outputs, outputs], axis=1)
    return outputs / outputs.sum(axis=1, keepdims=True)
