"""S3F-Net: a spatial and a spectral tower and their fusion (arXiv 2509.23442 and its notebooks).

Each function takes images of shape (B, H, W, C), H and W at least 16, and returns feature vectors. The gated
fusion is ours.
"""

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.fusion import concatenate, fuse_bilinear, fuse_gated
from s3f_pipeline.models.spatial import spatial_tower
from s3f_pipeline.models.spectranet import spectranet_sn1, spectranet_sn2


def concat_sn1(images: Tensor) -> Tensor:
    """Concatenation with SN1, features of shape (B, 516); published for chest X-rays."""
    return concatenate(spatial_tower(images), spectranet_sn1(images))


def concat_sn2(images: Tensor) -> Tensor:
    """Concatenation with SN2, features of shape (B, 516); published for BUSI."""
    return concatenate(spatial_tower(images), spectranet_sn2(images))


def bilinear_sn1(images: Tensor) -> Tensor:
    """Bilinear fusion with SN1, features of shape (B, 2048); published for BRISC and HAM10000."""
    return fuse_bilinear(spatial_tower(images), spectranet_sn1(images))


def bilinear_sn2(images: Tensor) -> Tensor:
    """Bilinear fusion with SN2, features of shape (B, 2048)."""
    return fuse_bilinear(spatial_tower(images), spectranet_sn2(images))


def gated_sn1(images: Tensor) -> Tensor:
    """Gated fusion with SN1, features of shape (B, 516)."""
    return fuse_gated(spatial_tower(images), spectranet_sn1(images))


def gated_sn2(images: Tensor) -> Tensor:
    """Gated fusion with SN2, features of shape (B, 516)."""
    return fuse_gated(spatial_tower(images), spectranet_sn2(images))
