"""Networks of ``keras.applications``, with weights learned from the photographs of ImageNet or from scratch.

What a new network has to be better than. Each function takes images of shape (B, H, W, C) with 1 or 3
channels and H and W of at least 16, and returns feature vectors; images with a side below 32 are doubled in
size.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers

from s3f_pipeline.backend import Tensor
from s3f_pipeline.errors import ModelError
from s3f_pipeline.models.checks import require_size
from s3f_pipeline.models.values import weights_have_values

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours of ImageNet, in [0, 1]: all three networks were trained on images normalised by these."""
SMALLEST = 32
"""Pixels of a side that these networks halve five times."""
FOLDER, OFFLINE = "S3F_WEIGHTS", "S3F_OFFLINE"
"""Environment variables: a folder with files of weights; never download."""


@dataclass(frozen=True)
class _Backbone:
    """A function of ``keras.applications``, the file of its weights without head, and further arguments."""

    application: str
    file: str
    arguments: dict[str, Any]


_CONVNEXT_TINY = _Backbone("ConvNeXtTiny", "convnext_tiny_notop.h5", {"include_preprocessing": False})
_EFFICIENTNET_V2_B0 = _Backbone(
    "EfficientNetV2B0", "efficientnetv2-b0_notop.h5", {"include_preprocessing": False}
)
_DENSENET121 = _Backbone("DenseNet121", "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5", {})


def convnext_tiny(images: Tensor, *, weights: str = "none") -> Tensor:
    """ConvNeXt-T (Liu et al. 2022, arXiv 2201.03545), features of shape (B, 768).

    Args:
        images: (B, H, W, C) with values in [0, 1].
        weights: ``imagenet`` or ``none``.
    """
    return _features(images, "convnext_tiny", _CONVNEXT_TINY, weights)


def efficientnet_v2_b0(images: Tensor, *, weights: str = "none") -> Tensor:
    """EfficientNetV2-B0 (Tan and Le 2021, arXiv 2104.00298), features of shape (B, 1280).

    Args:
        images: (B, H, W, C) with values in [0, 1].
        weights: ``imagenet`` or ``none``.
    """
    return _features(images, "efficientnet_v2_b0", _EFFICIENTNET_V2_B0, weights)


def densenet121(images: Tensor, *, weights: str = "none") -> Tensor:
    """DenseNet-121 (Huang et al. 2017, arXiv 1608.06993), features of shape (B, 1024).

    Args:
        images: (B, H, W, C) with values in [0, 1].
        weights: ``imagenet`` or ``none``.
    """
    return _features(images, "densenet121", _DENSENET121, weights)


def _features(images: Tensor, name: str, backbone: _Backbone, weights: str) -> Tensor:
    """Normalise images as the network is used to, and apply it; the layer ``<name>_vector``.

    Pretrained batch normalisation keeps its statistics, scale and offset, as Keras' guide to fine-tuning has
    it: those of small batches of other images would undo what the network has learned.
    """
    if weights not in ("imagenet", "none"):
        raise ValueError(f"weights must be 'imagenet' or 'none', not {weights!r}")
    require_size(images, SMALLEST // 2, name)
    network = _build(_normalised(images, name), name, backbone, weights)
    if weights == "imagenet":
        for layer in network.layers:
            layer.trainable = not isinstance(layer, layers.BatchNormalization)
    return layers.Activation("linear", name=f"{name}_vector")(network.output)


def _normalised(images: Tensor, name: str) -> Tensor:
    channels = images.shape[-1]
    if channels not in (1, 3):
        raise ValueError(f"{name} takes grey images or RGB, not {channels} channels")
    x = layers.Concatenate(name=f"{name}_rgb")([images] * 3) if channels == 1 else images
    if min(images.shape[1:3]) < SMALLEST:
        x = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_enlarge")(x)
    variance = [deviation**2 for deviation in DEVIATION]
    return layers.Normalization(mean=list(MEAN), variance=variance, name=f"{name}_scale")(x)


def _build(x: Tensor, name: str, backbone: _Backbone, weights: str) -> keras.Model:
    source = _source(name, backbone.file) if weights == "imagenet" else None
    build = getattr(keras.applications, backbone.application)
    arguments = {"include_top": False, "pooling": "avg", "input_tensor": x, **backbone.arguments}
    if source is None or not weights_have_values():
        return build(weights=None, **arguments)
    try:
        return build(weights=source, **arguments)
    except Exception as error:  # get_file raises nothing more special where a download fails
        if source == "imagenet":
            raise ModelError(_no_weights(name, backbone.file, str(error))) from error
        raise ModelError(
            f"{source} does not hold the weights of {name} ({error}). Put back a whole copy of the file that "
            f"Keras calls so."
        ) from error


def _source(name: str, file: str) -> str:
    """Say where weights come from, as ``keras.applications`` takes it: a file's path, or ``imagenet``.

    Raises:
        ModelError: If they would have to be downloaded, and downloads are switched off.
    """
    if (folder := os.environ.get(FOLDER)) and (path := Path(folder) / file).is_file():
        return str(path)
    if os.environ.get(OFFLINE) and not (_keras_home() / "models" / file).is_file():
        raise ModelError(_no_weights(name, file, "downloads are switched off"))
    return "imagenet"


def _keras_home() -> Path:
    """The folder in which Keras keeps what it has downloaded."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def _no_weights(name: str, file: str, reason: str) -> str:
    return (
        f"The weights of {name} that were learned from ImageNet are not to be had ({reason}). Put the file "
        f"{file}, which Keras keeps in {_keras_home() / 'models'} on a machine with a network, into a folder "
        f"and name that by {FOLDER}; or train from scratch: --params=variants.{name}.options.weights=none."
    )
