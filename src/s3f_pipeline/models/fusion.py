"""How the vectors of two towers become one (S3F-Net, arXiv 2509.23442 and its notebooks; gates are ours)."""

from keras import layers

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.layers import BilinearFusion


def concatenate(spatial: Tensor, spectral: Tensor) -> Tensor:
    """Put one vector behind the other, (B, m) and (B, n) to (B, m + n); the layer ``fusion``."""
    return layers.Concatenate(name="fusion")([spatial, spectral])


def fuse_bilinear(spatial: Tensor, spectral: Tensor) -> Tensor:
    """Multiply each feature with each, (B, m) and (B, n) to (B, m * n); the layer ``fusion``."""
    return BilinearFusion(name="fusion")([spatial, spectral])


GATE_UNITS = 32


def fuse_gated(spatial: Tensor, spectral: Tensor) -> Tensor:
    """Weigh every feature of both towers by a gate that sees both, (B, m) and (B, n) to (B, m + n).

    ``z = [spatial, spectral]``, ``y = z * 2 sigmoid(W2 relu(W1 z + b1) + b2)`` with ``W2`` and ``b2`` zero at
    the start, where it is the concatenation; the layers ``gates`` and ``fusion``.
    """
    both = layers.Concatenate(name="gate_input")([spatial, spectral])
    hidden = layers.Dense(GATE_UNITS, activation="relu", name="gate_dense")(both)
    gates = layers.Dense(both.shape[-1], activation="sigmoid", kernel_initializer="zeros", name="gates")(
        hidden
    )
    doubled = layers.Rescaling(2.0, name="gate_scale")(gates)
    return layers.Multiply(name="fusion")([both, doubled])
