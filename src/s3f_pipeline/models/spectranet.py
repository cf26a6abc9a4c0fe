"""SpectraNet, the spectral tower of S3F-Net, in its two forms (arXiv 2509.23442 and its notebooks).

``spectranet_compact`` is ours: SN2 with ``CompactSpectralFilter`` in place of the published filters.
"""

from keras import layers

from s3f_pipeline.backend import Tensor
from s3f_pipeline.models.checks import require_size
from s3f_pipeline.models.layers import CompactSpectralFilter, FusedBatchNormalization, SpectralFilter


def spectranet_sn1(images: Tensor, *, learn_filters: bool = True) -> Tensor:
    """SN1: one spectral filter, then two separable convolutions.

    The output is that of the layer ``spectral_vector``; the last feature map before pooling is that of
    ``spectral_conv2_relu``.

    Args:
        images: (B, H, W, C) with H and W of at least 4.
        learn_filters: ``False`` leaves the spectral filter as it is drawn at random.

    Returns:
        Feature vectors of shape (B, 4).

    Raises:
        ModelError: If the images are too small.
    """
    require_size(images, 4, "SpectraNet SN1")
    x = _filtered(SpectralFilter(32, trainable=learn_filters, name="spectral_filter1"), images)
    x = _convolve_and_pool(x, 64, name="spectral_conv1")
    return _funnel(_convolve_and_pool(x, 128, name="spectral_conv2"))


def spectranet_sn2(images: Tensor, *, learn_filters: bool = True) -> Tensor:
    """SN2: two spectral filters at full resolution, then one separable convolution.

    The second filter has 64 kernels of image size per channel of the first: 135 million weights at
    256 x 256. The output is that of the layer ``spectral_vector``; the last feature map before pooling is
    that of ``spectral_conv1_relu``.

    Args:
        images: (B, H, W, C) with H and W of at least 2.
        learn_filters: ``False`` leaves the spectral filters as they are drawn at random.

    Returns:
        Feature vectors of shape (B, 4).

    Raises:
        ModelError: If the images are too small.
    """
    require_size(images, 2, "SpectraNet SN2")
    x = _filtered(SpectralFilter(32, trainable=learn_filters, name="spectral_filter1"), images)
    x = _filtered(SpectralFilter(64, trainable=learn_filters, name="spectral_filter2"), x)
    return _funnel(_convolve_and_pool(x, 128, name="spectral_conv1"))


def spectranet_compact(images: Tensor) -> Tensor:
    """SN2 with filters whose number of weights does not depend on the size of the images.

    Layers are those of ``spectranet_sn2``, but for the pooling, which comes before the last ReLU: the same
    numbers, at a quarter of the work. So the last feature map, that of ``spectral_conv1_relu``, is pooled.

    Args:
        images: (B, H, W, C) with H and W of at least 2.

    Returns:
        Feature vectors of shape (B, 4).

    Raises:
        ModelError: If the images are too small.
    """
    require_size(images, 2, "the compact SpectraNet")
    x = _filtered(CompactSpectralFilter(32, rank=16, name="spectral_filter1"), images)
    x = _filtered(CompactSpectralFilter(64, rank=16, name="spectral_filter2"), x)
    x = _separable_convolution(x, 128, name="spectral_conv1")
    x = layers.MaxPooling2D(name="spectral_conv1_pool")(x)
    return _funnel(layers.ReLU(name="spectral_conv1_relu")(x))


def _filtered(filtering: layers.Layer, x: Tensor) -> Tensor:
    return _norm_relu(filtering(x), filtering.name)


def _convolve_and_pool(x: Tensor, channels: int, name: str) -> Tensor:
    x = _separable_convolution(x, channels, name)
    x = layers.ReLU(name=f"{name}_relu")(x)
    return layers.MaxPooling2D(name=f"{name}_pool")(x)


def _separable_convolution(x: Tensor, channels: int, name: str) -> Tensor:
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
    x = _norm_relu(x, f"{name}_depthwise")
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_pointwise")(x)
    return FusedBatchNormalization(name=f"{name}_norm")(x)


def _norm_relu(x: Tensor, name: str) -> Tensor:
    x = FusedBatchNormalization(name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _funnel(x: Tensor) -> Tensor:
    """Summarise feature maps in four numbers per image."""
    x = layers.GlobalAveragePooling2D(name="spectral_average")(x)
    x = layers.Dense(16, activation="relu", name="spectral_dense1")(x)
    x = layers.BatchNormalization(name="spectral_norm1")(x)
    x = layers.Dropout(0.1875, name="spectral_dropout1")(x)
    x = layers.Dense(4, activation="relu", name="spectral_dense2")(x)
    x = layers.BatchNormalization(name="spectral_norm2")(x)
    return layers.Dropout(0.3125, name="spectral_vector")(x)
