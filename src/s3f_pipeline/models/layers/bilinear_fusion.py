"""Bilinear fusion of two feature vectors."""

import keras
from keras import ops

from s3f_pipeline.backend import Tensor

VectorShape = tuple[int | None, int]
"""(batch, features)."""
SQRT_OFFSET = 1e-5
SMALLEST_SQUARED_NORM = 1e-12
"""A product of zeros, as dropout makes, stays zero and has a finite gradient."""


@keras.saving.register_keras_serializable(package="s3f_pipeline")
class BilinearFusion(keras.layers.Layer):
    """Multiplies each feature of one vector with each of the other, and normalises the products.

    ``z = flatten(outer(a, b))``, ``s = sign(z) * sqrt(|z| + 1e-5)``, ``y = s / ||s||``
    (S3F-Net, arXiv 2509.23442, bilinear fusion). Computed in float32 whatever the dtype policy; the
    output has the compute dtype of the policy.

    Example:
    >>> a, b = keras.random.normal((2, 512)), keras.random.normal((2, 4))
    >>> tuple(BilinearFusion()([a, b]).shape)
    (2, 2048)

    Input shape:
        Two vectors per image, (batch, m) and (batch, n).

    Output shape:
        (batch, m * n), where feature i * n + j comes from ``a[i] * b[j]``; of length 1.
    """

    def build(self, input_shape: list[VectorShape]) -> None:
        """Check that there are two vectors."""
        if [len(shape) if isinstance(shape, tuple | list) else 0 for shape in input_shape] != [2, 2]:
            raise ValueError(
                "BilinearFusion needs two inputs of shapes (batch, m) and (batch, n). "
                f"Received: input_shape={input_shape}"
            )

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Fuse two vectors."""
        first, second = (ops.cast(vector, "float32") for vector in inputs)
        products = first[:, :, None] * second[:, None, :]
        products = ops.reshape(products, (-1, first.shape[1] * second.shape[1]))
        roots = ops.sign(products) * ops.sqrt(ops.abs(products) + SQRT_OFFSET)
        squared_norm = ops.sum(ops.square(roots), axis=-1, keepdims=True)
        normalised = roots * ops.rsqrt(ops.maximum(squared_norm, SMALLEST_SQUARED_NORM))
        return ops.cast(normalised, self.compute_dtype)

    def compute_output_shape(self, input_shape: list[VectorShape]) -> VectorShape:
        """Return (batch, m * n)."""
        (batch, m), (_, n) = input_shape
        return batch, m * n
