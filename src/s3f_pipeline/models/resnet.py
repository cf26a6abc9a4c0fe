"""ResNet-18, the baseline of MedMNIST (He et al. 2016, arXiv 1512.03385; Yang et al. 2023, MedMNIST v2)."""

from keras import layers

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.checks import require_size
from s3f_pipeline.models.initial import kaiming_normal, pytorch_uniform
from s3f_pipeline.models.layers import FusedBatchNormalization

STAGES = (64, 128, 256, 512)
"""Channels of each stage of two blocks."""
LARGEST_OF_SMALL = 32
"""Up to this side in pixels images get the stem for CIFAR, which keeps their size."""


def resnet18(images: Tensor) -> Tensor:
    """Four stages of two residual blocks, and global average pooling.

    Images of up to 32 pixels a side get the stem for CIFAR, one 3 x 3 convolution, as MedMNIST's baseline at
    28 pixels; larger ones that for ImageNet, a 7 x 7 convolution and a pooling of stride 2 each. Weights
    begin as in the code of either. Images are normalised to mean and standard deviation 0.5 first, as that
    baseline's are. The output is that of the layer ``resnet_vector``, the last feature map is that of
    ``resnet_stage4_block2_relu``.

    Args:
        images: (B, H, W, C) with values in [0, 1], H and W of at least 8.

    Returns:
        Feature vectors of shape (B, 512).

    Raises:
        ModelError: If the images are too small.
    """
    require_size(images, 8, "ResNet-18")
    x = layers.Rescaling(2.0, offset=-1.0, name="resnet_scale")(images)
    small = max(images.shape[1:3]) <= LARGEST_OF_SMALL
    x = _convolution(x, STAGES[0], 3 if small else 7, 1 if small else 2, small, "resnet_stem")
    x = _norm_relu(x, "resnet_stem")
    if not small:
        x = layers.ZeroPadding2D(1, name="resnet_pool_pad")(x)
        x = layers.MaxPooling2D(3, strides=2, name="resnet_pool")(x)
    for number, channels in enumerate(STAGES, start=1):
        name = f"resnet_stage{number}"
        x = _block(x, channels, 1 if number == 1 else 2, small, f"{name}_block1")
        x = _block(x, channels, 1, small, f"{name}_block2")
    return layers.GlobalAveragePooling2D(name="resnet_vector")(x)


def _block(x: Tensor, channels: int, stride: int, small: bool, name: str) -> Tensor:
    shortcut = x
    if stride > 1:
        shortcut = _convolution(x, channels, 1, stride, small, f"{name}_shortcut")
        shortcut = _norm(shortcut, f"{name}_shortcut")
    x = _norm_relu(_convolution(x, channels, 3, stride, small, f"{name}_conv1"), f"{name}_conv1")
    x = _norm(_convolution(x, channels, 3, 1, small, f"{name}_conv2"), f"{name}_conv2")
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([x, shortcut]))


def _convolution(x: Tensor, channels: int, size: int, stride: int, small: bool, name: str) -> Tensor:
    """Convolve with zeros on all sides alike, where ``same`` with a stride would put them on two."""
    if size > 1:
        x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x)
    initializer = pytorch_uniform(size * size * x.shape[-1]) if small else kaiming_normal()
    return layers.Conv2D(
        channels, size, strides=stride, use_bias=False, kernel_initializer=initializer, name=name
    )(x)


def _norm_relu(x: Tensor, name: str) -> Tensor:
    return layers.ReLU(name=f"{name}_relu")(_norm(x, name))


def _norm(x: Tensor, name: str) -> Tensor:
    return FusedBatchNormalization(momentum=0.9, epsilon=1.001e-5, name=f"{name}_norm")(x)
