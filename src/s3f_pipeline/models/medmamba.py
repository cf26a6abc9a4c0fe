"""MedMamba, a network of convolutions and state spaces (arXiv 2403.03849; this is its variant T).

Written from its published description; no code was taken over. ``docs/networks/medmamba.md`` draws it.
"""

from math import ceil

from keras import initializers, layers, ops

from s3f_pipeline.backend import Tensor
from s3f_pipeline.errors import ModelError
from s3f_pipeline.models.checks import require_size
from s3f_pipeline.models.initial import kaiming_normal, pytorch_uniform
from s3f_pipeline.models.layers import (
    FusedBatchNormalization,
    GatherNeighbours,
    Interleave,
    SelectiveScan2D,
)

PATCH = 4
EXPANSION = 2
STATES = 16
BATCH_NORM = {"momentum": 0.9, "epsilon": 1.001e-5}
LAYER_NORM = {"epsilon": 1e-5}
"""PyTorch's defaults, as far as the fused batch normalisation takes them."""


def medmamba(
    images: Tensor,
    depths: tuple[int, ...] = (2, 2, 4, 2),
    channels: int = 96,
    drop_path: float = 0.1,
) -> Tensor:
    """Four stages of blocks, half convolution and half selective scan, between which patches are merged.

    The output is that of the layer ``medmamba_vector``; the last feature map before pooling is that of
    ``medmamba_stage4_block2``.

    Images are taken at their size: they are cut into patches of 4 x 4 pixels, and stages halve the sides,
    rounding up. What is missing at the edges is filled with zeros, so that 28 pixels become 7, 4, 2 and 1
    patches. The published network was trained at 224 pixels; images of 28 pixels that are enlarged to that
    size (choose it as the image size) cost 52 times as much, and hold no more.

    Args:
        images: (B, H, W, C) in [0, 1], H and W of at least 17, so that each merging has patches to merge.
        depths: Blocks of each stage.
        channels: Of the first stage, even; each stage doubles them.
        drop_path: Share of images for which the last block leaves out its scan in training; the share grows
            linearly from 0 in the first block.

    Returns:
        Feature vectors of shape (B, 768), eight times ``channels``.

    Raises:
        ModelError: If the images are too small, there is no stage, or ``channels`` is odd.
    """
    if len(depths) == 0 or channels % 2:
        raise ModelError(
            f"MedMamba needs at least one stage and an even number of channels. Received: depths={depths}, "
            f"channels={channels}"
        )
    merged = PATCH * 2 ** (len(depths) - 2) if len(depths) > 1 else 0
    require_size(images, merged + 1, "MedMamba")
    x = layers.Rescaling(2.0, offset=-1.0, dtype="float32", name="medmamba_rescaling")(images)
    x = _convolution(x, channels, PATCH, "medmamba_patches", strides=PATCH)
    x = layers.LayerNormalization(**LAYER_NORM, name="medmamba_patches_norm")(x)
    done = 0
    for stage, depth in enumerate(depths, start=1):
        for block in range(1, depth + 1):
            rate = drop_path * done / max(1, sum(depths) - 1)
            x = _block(x, rate, f"medmamba_stage{stage}_block{block}")
            done += 1
        if stage < len(depths):
            x = _merge(x, f"medmamba_merge{stage}")
    return layers.GlobalAveragePooling2D(name="medmamba_vector")(x)


def _merge(x: Tensor, name: str) -> Tensor:
    channels = x.shape[-1]
    x = GatherNeighbours(name=f"{name}_gather")(x)
    x = layers.LayerNormalization(**LAYER_NORM, name=f"{name}_norm")(x)
    return _dense(x, 2 * channels, f"{name}_reduce")


def _block(x: Tensor, rate: float, name: str) -> Tensor:
    """SS-Conv-SSM: one half of the channels is convolved, the other scanned; both are added, shuffled."""
    left, right = ops.split(x, 2, axis=-1)
    left = _convolve(left, f"{name}_conv")
    right = layers.LayerNormalization(**LAYER_NORM, name=f"{name}_norm")(right)
    right = _scan(right, f"{name}_ssm")
    right = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}_drop_path")(right)
    shuffled = Interleave(name=f"{name}_shuffle")([left, right])
    return layers.Add(name=name)([x, shuffled])


def _convolve(x: Tensor, name: str) -> Tensor:
    channels = x.shape[-1]
    x = FusedBatchNormalization(**BATCH_NORM, name=f"{name}_norm1")(x)
    for number in (1, 2):
        x = _convolution(x, channels, 3, f"{name}{number}")
        x = FusedBatchNormalization(**BATCH_NORM, name=f"{name}_norm{number + 1}")(x)
        x = layers.ReLU(name=f"{name}{number}_relu")(x)
    x = _convolution(x, channels, 1, f"{name}3")
    return layers.ReLU(name=f"{name}3_relu")(x)


def _scan(x: Tensor, name: str) -> Tensor:
    """SS2D of VMamba (arXiv 2401.10166)."""
    channels = x.shape[-1]
    inner = EXPANSION * channels
    x, gate = ops.split(_dense(x, 2 * inner, f"{name}_in"), 2, axis=-1)
    x = layers.DepthwiseConv2D(
        3,
        padding="same",
        depthwise_initializer=kaiming_normal("fan_in"),
        bias_initializer=pytorch_uniform(3 * 3),
        name=f"{name}_depthwise",
    )(x)
    x = layers.Activation("silu", name=f"{name}_silu")(x)
    x = SelectiveScan2D(ceil(channels / 16), STATES, name=f"{name}_scan")(x)
    x = layers.LayerNormalization(**LAYER_NORM, name=f"{name}_norm")(x)
    gate = layers.Activation("silu", name=f"{name}_gate")(gate)
    x = layers.Multiply(name=f"{name}_gated")([x, gate])
    return _dense(x, channels, f"{name}_out")


def _convolution(x: Tensor, channels: int, size: int, name: str, strides: int = 1) -> Tensor:
    return layers.Conv2D(
        channels,
        size,
        strides,
        padding="same",
        kernel_initializer=kaiming_normal(),
        bias_initializer=pytorch_uniform(size * size * x.shape[-1]),
        name=name,
    )(x)


def _dense(x: Tensor, units: int, name: str) -> Tensor:
    initializer = initializers.RandomNormal(stddev=0.02)
    return layers.Dense(units, use_bias=False, kernel_initializer=initializer, name=name)(x)
