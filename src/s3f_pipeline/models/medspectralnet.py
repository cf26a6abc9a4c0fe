"""MedSpectralNet, an interpretation: of the published network only the abstract is known.

Known are (PLoS ONE, e0346128): 8.5 million parameters, attention approximated at linear cost, features of
several frequencies, a dual stream of local and global information, and a ContextGate that fuses scales.
How they are filled in here, and why, stands in docs/networks/medspectralnet.md.
"""

from functools import partial
from typing import NamedTuple

import keras
from keras import layers, ops

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.checks import require_size
from s3f_pipeline.models.layers import (
    BandAttention,
    ContextGate,
    FrequencyBands,
    FusedBatchNormalization,
)

STEM = 24
"""Channels at full resolution."""


class Stage(NamedTuple):
    """Blocks at one resolution; ``heads`` are those per frequency band."""

    channels: int
    blocks: int
    bands: int
    heads: int


STAGES = (Stage(48, 1, 3, 1), Stage(96, 2, 3, 1), Stage(192, 3, 3, 2), Stage(480, 3, 2, 4))
"""Of 28 x 28 pixels the last stage sees 2 x 2, which have two octaves and no more."""
EXPANSION = 3
BRANCHES = 2 * sum(stage.blocks for stage in STAGES)

_normalise = partial(FusedBatchNormalization, momentum=0.9)


def medspectralnet(images: Tensor, dropout: float = 0.2, drop_path: float = 0.1) -> Tensor:
    """Four stages of blocks of two streams, and a gate that fuses what the stages saw.

    The output is that of the layer ``features``; the last feature map of stage i before pooling is that of
    ``stage{i}_activation``. No weight depends on the size of the images.

    Args:
        images: (B, H, W, C) with values in [0, 1], H and W of at least 16.
        dropout: Share of the features that training leaves out.
        drop_path: Share of the images for which training leaves out a branch of the last block; it grows
            linearly from none at the first.

    Returns:
        Feature vectors of shape (B, 816).

    Raises:
        ModelError: If the images are too small.
    """
    require_size(images, 2 ** len(STAGES), "MedSpectralNet")
    x = layers.Rescaling(2.0, offset=-1.0, name="rescaling")(images)
    x = _convolution(x, STEM, name="stem")
    x = _normalise(name="stem_norm")(x)
    x = layers.Activation("silu", name="stem_activation")(x)
    pooled = []
    branch = 0
    for stage, (channels, blocks, bands, heads) in enumerate(STAGES, start=1):
        x = _convolution(x, channels, strides=2, name=f"stage{stage}_reduction")
        for block in range(1, blocks + 1):
            name = f"stage{stage}_block{block}"
            for add in (partial(_dual_stream, bands=bands, heads=heads), _perceptron):
                x = add(x, name=name, drop_path=drop_path * branch / (BRANCHES - 1))
                branch += 1
        x = _normalise(name=f"stage{stage}_norm")(x)
        activation = layers.Activation("silu", name=f"stage{stage}_activation")(x)
        pooled.append(layers.GlobalAveragePooling2D(name=f"stage{stage}_average")(activation))
    x = ContextGate(name="scales_gate")(pooled)
    return layers.Dropout(dropout, name="features")(x)


def _dual_stream(x: Tensor, name: str, drop_path: float, bands: int, heads: int) -> Tensor:
    """Add what a local and a global stream, each on one half of the channels, find."""
    channels = x.shape[-1]
    quarter = channels // 4
    y = _normalise(name=f"{name}_norm")(x)
    small, large, whole = ops.split(y, [quarter, 2 * quarter], axis=-1)

    small = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"{name}_local3")(small)
    large = layers.DepthwiseConv2D(5, padding="same", use_bias=False, name=f"{name}_local5")(large)
    local = layers.Concatenate(name=f"{name}_local")([small, large])
    local = _normalise(name=f"{name}_local_norm")(local)
    local = layers.Activation("silu", name=f"{name}_local_activation")(local)
    local = _pointwise(local, 2 * quarter, name=f"{name}_local_pointwise")

    octaves = FrequencyBands(bands, name=f"{name}_bands")(whole)
    overall = BandAttention(heads, name=f"{name}_global")([whole, *octaves])
    overall = _normalise(name=f"{name}_global_norm")(overall)

    y = ContextGate(name=f"{name}_gate")([local, overall])
    return _add(x, y, name=f"{name}_streams", drop_path=drop_path)


def _perceptron(x: Tensor, name: str, drop_path: float) -> Tensor:
    """Add an inverted bottleneck over the channels of each pixel."""
    y = _normalise(name=f"{name}_perceptron_norm")(x)
    y = _pointwise(y, EXPANSION * x.shape[-1], name=f"{name}_expansion")
    y = layers.Activation("silu", name=f"{name}_expansion_activation")(y)
    return _add(x, y, name=f"{name}_perceptron", drop_path=drop_path)


def _add(x: Tensor, branch: Tensor, name: str, drop_path: float) -> Tensor:
    """Project a branch and add it; at first all branches together add about as much as there is."""
    initial = keras.initializers.VarianceScaling(1 / BRANCHES)
    branch = layers.Conv2D(x.shape[-1], 1, kernel_initializer=initial, name=f"{name}_projection")(branch)
    branch = layers.Dropout(drop_path, noise_shape=(None, 1, 1, 1), name=f"{name}_drop_path")(branch)
    return layers.Add(name=name)([x, branch])


def _convolution(x: Tensor, channels: int, name: str, strides: int = 1) -> Tensor:
    return layers.Conv2D(
        channels, 3, strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)


def _pointwise(x: Tensor, channels: int, name: str) -> Tensor:
    return layers.Conv2D(channels, 1, kernel_initializer="he_normal", name=name)(x)
