"""How the vectors of two towers become one (S3F-Net, arXiv 2509.23442 and its notebooks; gates are ours)."""

from keras import layers

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.layers import BilinearFusion, ContextGate


def concatenate(spatial: Tensor, spectral: Tensor) -> Tensor:
    """Put one vector behind the other, (B, m) and (B, n) to (B, m + n); the layer ``fusion``."""
    return layers.Concatenate(name="fusion")([spatial, spectral])


def fuse_bilinear(spatial: Tensor, spectral: Tensor) -> Tensor:
    """Multiply each feature with each, (B, m) and (B, n) to (B, m * n); the layer ``fusion``."""
    return BilinearFusion(name="fusion")([spatial, spectral])


def fuse_gated(spatial: Tensor, spectral: Tensor) -> Tensor:
    """Weigh every feature of both towers by a gate that sees both, (B, m) and (B, n) to (B, m + n).

    At the start it is the concatenation; the layer ``fusion``, a ``ContextGate``.
    """
    return ContextGate(reduction=16, name="fusion")([spatial, spectral])
