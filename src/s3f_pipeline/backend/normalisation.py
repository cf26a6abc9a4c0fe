"""Normalisation of batches in one operation where the backend has one."""

import keras
from keras import ops

from s3f_pipeline.backend import Tensor

SMALLEST_EPSILON = 1.001e-5
"""Below this, cuDNN's fused operation is not exact and TensorFlow refuses it."""


def has_fused_normalisation(rank: int, epsilon: float) -> bool:
    """Whether ``normalise_batch`` exists for inputs of this rank on the backend that runs.

    TensorFlow has a fused operation for images; XLA fuses the general formula on JAX by itself.
    """
    return keras.backend.backend() == "tensorflow" and rank == 4 and epsilon >= SMALLEST_EPSILON


def normalise_batch(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise images over batch, height and width with their own mean and variance.

    Args:
        x: (B, H, W, C); float32, float16 or bfloat16. Statistics are computed in float32.
        gamma: float32 of shape (C,).
        beta: float32 of shape (C,).
        epsilon: Added to the variance, at least ``SMALLEST_EPSILON``.

    Returns:
        The normalised images, in the dtype of ``x``, and their mean and (biased) variance, float32 (C,).
    """
    import tensorflow as tf

    normalised, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=gamma, offset=beta, mean=gamma, variance=gamma, epsilon=epsilon, is_training=True
    )
    shape = ops.shape(x)
    count = ops.cast(shape[0] * shape[1] * shape[2], "float32")
    return normalised, mean, variance * (count - 1) / count


def normalise(
    x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, epsilon: float
) -> Tensor:
    """Normalise images with given statistics, as in inference.

    Args:
        x: (B, H, W, C); float32, float16 or bfloat16.
        mean: float32 of shape (C,).
        variance: float32 of shape (C,).
        gamma: float32 of shape (C,).
        beta: float32 of shape (C,).
        epsilon: Added to the variance, at least ``SMALLEST_EPSILON``.

    Returns:
        The normalised images, in the dtype of ``x``.
    """
    import tensorflow as tf

    return tf.raw_ops.FusedBatchNormV3(
        x=x, scale=gamma, offset=beta, mean=mean, variance=variance, epsilon=epsilon, is_training=False
    )[0]
