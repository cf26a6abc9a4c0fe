"""The spatial tower of S3F-Net, which is also its baseline (arXiv 2509.23442 and its notebooks)."""

from keras import layers

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.checks import require_size
from s3f_pipeline.models.layers import FusedBatchNormalization

WIDTH = 32
"""Channels of the first stage; they double from stage to stage."""
RATES = (0.2, 0.3, 0.4, 0.4)
"""Dropout rate of each stage."""
FEATURES = 512


def spatial_tower(images: Tensor, *, width: int = WIDTH) -> Tensor:
    """Four convolutional stages, global average pooling and a dense layer.

    The output is that of the layer ``spatial_vector``; the last feature map before pooling is that of
    ``spatial_stage4_relu``.

    Args:
        images: (B, H, W, C) with H and W of at least 16.
        width: Channels of the first stage.

    Returns:
        Feature vectors of shape (B, 512).

    Raises:
        ModelError: If the images are too small.
    """
    require_size(images, 2 ** len(RATES), "the spatial tower")
    x = images
    for stage, rate in enumerate(RATES, start=1):
        name, channels = f"spatial_stage{stage}", width * 2 ** (stage - 1)
        x = layers.Conv2D(channels, 3, padding="same", activation="relu", name=f"{name}_conv1")(x)
        x = layers.Conv2D(channels, 3, padding="same", name=f"{name}_conv2")(x)
        x = FusedBatchNormalization(name=f"{name}_norm")(x)
        x = layers.ReLU(name=f"{name}_relu")(x)
        x = layers.MaxPooling2D(name=f"{name}_pool")(x)
        x = layers.Dropout(rate, name=f"{name}_dropout")(x)
    x = layers.GlobalAveragePooling2D(name="spatial_average")(x)
    x = layers.Dense(FEATURES, activation="relu", name="spatial_dense")(x)
    x = layers.BatchNormalization(name="spatial_norm")(x)
    return layers.Dropout(0.5, name="spatial_vector")(x)
