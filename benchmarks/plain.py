"""The networks of S3F-Net in a plain formulation to measure ours against: stock Keras layers, einsum."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

Tensor = keras.KerasTensor


class PlainSpectralFilter(layers.Layer):
    """The spectral filter as one would write it down first."""

    def __init__(self, filters: int, **options: Any) -> None:
        """Remember the number of filters."""
        super().__init__(**options)
        self.filters = filters

    def build(self, shape: tuple[int | None, int, int, int]) -> None:
        """Create a complex kernel of image size per pair of channels."""
        _, height, width, channels = shape
        kernel = (channels, self.filters, height, width // 2 + 1)
        self.real = self.add_weight(shape=kernel, initializer="glorot_uniform")
        self.imag = self.add_weight(shape=kernel, initializer="glorot_uniform")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros")

    def call(self, images: Tensor) -> Tensor:
        """Transform, multiply, transform back."""
        height, width = images.shape[1:3]
        spectrum = tf.signal.rfft2d(ops.transpose(images, (0, 3, 1, 2)))
        product = tf.einsum("bchw,cfhw->bfhw", spectrum, tf.complex(self.real.value, self.imag.value))
        filtered = tf.signal.irfft2d(product, [height, width])
        return ops.transpose(filtered, (0, 2, 3, 1)) + self.bias


def build_plain(variant: str, input_shape: tuple[int, int, int], classes: int) -> keras.Model:
    """Build ``spatial``, ``spectral_sn1``, ``spectral_sn2``, ``concat_sn1`` or ``bilinear_sn1``."""
    images = keras.Input(input_shape)
    spectral = _sn2 if variant.endswith("sn2") else _sn1
    match variant.partition("_")[0]:
        case "spatial":
            features = _spatial(images)
        case "spectral":
            features = spectral(images)
        case "concat":
            features = layers.Concatenate()([_spatial(images), spectral(images)])
        case _:
            features = _bilinear(_spatial(images), spectral(images))
    return keras.Model(images, layers.Dense(classes, activation="softmax")(features))


def _spatial(x: Tensor) -> Tensor:
    for channels, rate in ((32, 0.2), (64, 0.3), (128, 0.4), (256, 0.4)):
        x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
        x = layers.Conv2D(channels, 3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Dropout(rate)(layers.MaxPooling2D()(x))
    x = layers.Dense(512, activation="relu")(layers.GlobalAveragePooling2D()(x))
    return layers.Dropout(0.5)(layers.BatchNormalization()(x))


def _sn1(x: Tensor) -> Tensor:
    x = layers.ReLU()(layers.BatchNormalization()(PlainSpectralFilter(32)(x)))
    x = layers.MaxPooling2D()(_separable(x, 64))
    return _funnel(layers.MaxPooling2D()(_separable(x, 128)))


def _sn2(x: Tensor) -> Tensor:
    x = layers.ReLU()(layers.BatchNormalization()(PlainSpectralFilter(32)(x)))
    x = layers.ReLU()(layers.BatchNormalization()(PlainSpectralFilter(64)(x)))
    return _funnel(layers.MaxPooling2D()(_separable(x, 128)))


def _separable(x: Tensor, channels: int) -> Tensor:
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(channels, 1, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _funnel(x: Tensor) -> Tensor:
    x = layers.Dense(16, activation="relu")(layers.GlobalAveragePooling2D()(x))
    x = layers.Dropout(0.1875)(layers.BatchNormalization()(x))
    x = layers.Dense(4, activation="relu")(x)
    return layers.Dropout(0.3125)(layers.BatchNormalization()(x))


def _bilinear(spatial: Tensor, spectral: Tensor) -> Tensor:
    products = layers.Flatten()(ops.expand_dims(spatial, 2) * ops.expand_dims(spectral, 1))
    roots = ops.sign(products) * ops.sqrt(ops.abs(products) + 1e-5)
    return layers.UnitNormalization()(roots)
