"""Networks that tell what a gain is owed to: learned spectra, or parameters.

Each function takes images of shape (B, H, W, C), H and W at least 16, and returns feature vectors.
"""

from collections.abc import Callable
from itertools import count

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.fusion import concatenate
from s3f_pipeline.models.spatial import FEATURES, RATES, WIDTH, spatial_tower
from s3f_pipeline.models.spectranet import spectranet_sn1, spectranet_sn2

FUNNEL_PARAMETERS = 128 * 16 + 5 * 16 + 16 * 4 + 5 * 4


def random_filter_sn1(images: Tensor) -> Tensor:
    """``concat_sn1`` whose spectral filter stays as it was drawn, features of shape (B, 516)."""
    return concatenate(spatial_tower(images), spectranet_sn1(images, learn_filters=False))


def random_filter_sn2(images: Tensor) -> Tensor:
    """``concat_sn2`` whose spectral filters stay as they were drawn, features of shape (B, 516)."""
    return concatenate(spatial_tower(images), spectranet_sn2(images, learn_filters=False))


def spatial_wide_sn1(images: Tensor) -> Tensor:
    """The spatial tower, wide enough to have the parameters of both towers with SN1, features (B, 512)."""
    return _widened(images, _sn1_parameters)


def spatial_wide_sn2(images: Tensor) -> Tensor:
    """The spatial tower, wide enough to have the parameters of both towers with SN2, features (B, 512)."""
    return _widened(images, _sn2_parameters)


def _widened(images: Tensor, spectral_parameters: Callable[[int, int, int], int]) -> Tensor:
    _, height, width, channels = images.shape
    wanted = _spatial_parameters(channels, WIDTH) + spectral_parameters(height, width, channels)
    wide = next(n for n in count(WIDTH) if _spatial_parameters(channels, n) >= wanted)
    return spatial_tower(images, width=wide)


def _spatial_parameters(channels: int, width: int) -> int:
    """Parameters of ``spatial_tower``; batch normalisation has four per channel."""
    total = 0
    for stage in range(len(RATES)):
        wider = width * 2**stage
        total += 9 * channels * wider + 9 * wider**2 + 6 * wider
        channels = wider
    return total + channels * FEATURES + 5 * FEATURES


def _sn1_parameters(height: int, width: int, channels: int) -> int:
    filters = _filter_parameters(height, width, channels, 32)
    return filters + _separable_parameters(32, 64) + _separable_parameters(64, 128) + FUNNEL_PARAMETERS


def _sn2_parameters(height: int, width: int, channels: int) -> int:
    filters = _filter_parameters(height, width, channels, 32) + _filter_parameters(height, width, 32, 64)
    return filters + _separable_parameters(64, 128) + FUNNEL_PARAMETERS


def _filter_parameters(height: int, width: int, channels: int, filters: int) -> int:
    return 2 * channels * filters * height * (width // 2 + 1) + 5 * filters


def _separable_parameters(channels: int, filters: int) -> int:
    return 13 * channels + channels * filters + 4 * filters
