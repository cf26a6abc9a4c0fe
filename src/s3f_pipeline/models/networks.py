"""The table of networks: what each is called, and which function builds it."""

from collections.abc import Callable
from importlib import import_module

from s3f_pipeline.backend import Tensor
from s3f_pipeline.errors import ModelError

VARIANTS: dict[str, str] = {
    "spatial": "s3f_pipeline.models.spatial:spatial_tower",
    "spectral": "s3f_pipeline.models.spectranet:spectranet_sn1",
    "spectral_sn1": "s3f_pipeline.models.spectranet:spectranet_sn1",
    "spectral_sn2": "s3f_pipeline.models.spectranet:spectranet_sn2",
    "concat": "s3f_pipeline.models.s3f_net:concat_sn1",
    "concat_sn1": "s3f_pipeline.models.s3f_net:concat_sn1",
    "concat_sn2": "s3f_pipeline.models.s3f_net:concat_sn2",
    "bilinear": "s3f_pipeline.models.s3f_net:bilinear_sn1",
    "bilinear_sn1": "s3f_pipeline.models.s3f_net:bilinear_sn1",
    "bilinear_sn2": "s3f_pipeline.models.s3f_net:bilinear_sn2",
    "gated": "s3f_pipeline.models.s3f_net:gated_sn1",
    "gated_sn1": "s3f_pipeline.models.s3f_net:gated_sn1",
    "gated_sn2": "s3f_pipeline.models.s3f_net:gated_sn2",
    "spectral_compact": "s3f_pipeline.models.spectranet:spectranet_compact",
    "random_filter": "s3f_pipeline.models.controls:random_filter_sn1",
    "random_filter_sn1": "s3f_pipeline.models.controls:random_filter_sn1",
    "random_filter_sn2": "s3f_pipeline.models.controls:random_filter_sn2",
    "spatial_wide": "s3f_pipeline.models.controls:spatial_wide_sn1",
    "spatial_wide_sn1": "s3f_pipeline.models.controls:spatial_wide_sn1",
    "spatial_wide_sn2": "s3f_pipeline.models.controls:spatial_wide_sn2",
    "resnet18": "s3f_pipeline.models.resnet:resnet18",
    "convnext_tiny": "s3f_pipeline.models.pretrained:convnext_tiny",
    "efficientnet_v2_b0": "s3f_pipeline.models.pretrained:efficientnet_v2_b0",
    "densenet121": "s3f_pipeline.models.pretrained:densenet121",
    "medmamba": "s3f_pipeline.models.medmamba:medmamba",
    "medspectralnet": "s3f_pipeline.models.medspectralnet:medspectralnet",
}
"""Per variant ``<module>:<function>``, imported when it is asked for.

The function makes feature vectors (B, n) of images (B, H, W, C); its keywords are its options. The values
are written out, because whether a result is finished depends on the function of its network alone, which is
looked up here without importing anything.
"""


def variant_names() -> tuple[str, ...]:
    """Names that ``build_model`` knows; those with an ending ``_sn1`` or ``_sn2`` mean SN1 without it.

    A configuration calls such a name ``network``; its ``variant`` is what a pipeline is named after.
    """
    return tuple(VARIANTS)


def network_function(variant: str) -> Callable[..., Tensor]:
    """Import the function of a network.

    Raises:
        ModelError: If the name is not in the table.
    """
    if variant not in VARIANTS:
        raise ModelError(
            f"Unknown network '{variant}'. Allowed: {', '.join(VARIANTS)}. One of your own needs a line in "
            f"VARIANTS (models/networks.py)."
        )
    module, _, name = VARIANTS[variant].partition(":")
    network: Callable[..., Tensor] = getattr(import_module(module), name)
    return network
