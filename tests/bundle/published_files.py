"""Files as those of the S³F-Net release: written by Keras, with classes of its names and random weights."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras import layers

SHAPE = (16, 16, 1)
NETWORKS = (
    "spatial", "spectral_sn1", "spectral_sn2", "concat_sn1", "concat_sn2", "bilinear_sn1", "bilinear_sn2"
)  # fmt: skip


class SpectralFilterLayer(layers.Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape):
        _, height, width, channels = input_shape
        shape = (channels, self.filters, height, width // 2 + 1)
        self.real_weights = self.add_weight(shape=shape, initializer="glorot_uniform", name="real_weights")
        self.imag_weights = self.add_weight(shape=shape, initializer="glorot_uniform", name="imag_weights")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, inputs):
        spectrum = tf.signal.rfft2d(tf.transpose(inputs, (0, 3, 1, 2)))
        filtered = tf.einsum("bchw,cfhw->bfhw", spectrum, tf.complex(self.real_weights, self.imag_weights))
        return tf.transpose(tf.signal.irfft2d(filtered), (0, 2, 3, 1)) + self.bias

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


class BilinearFusion(layers.Layer):
    def call(self, inputs):
        first, second = inputs
        products = tf.einsum("bi,bj->bij", first, second)
        products = tf.reshape(products, (-1, first.shape[1] * second.shape[1]))
        return tf.math.l2_normalize(tf.sign(products) * tf.sqrt(tf.abs(products) + 1e-5), axis=-1)

    def compute_output_shape(self, input_shape):
        (batch, m), (_, n) = input_shape
        return batch, m * n


def spatial(x):
    for width, rate in zip((32, 64, 128, 256), (0.2, 0.3, 0.4, 0.4), strict=True):
        x = layers.Conv2D(width, (3, 3), padding="same", activation="relu")(x)
        x = layers.Conv2D(width, (3, 3), padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.MaxPooling2D((2, 2))(x)
        x = layers.Dropout(rate)(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(512, activation="relu")(x)
    return layers.Dropout(0.5)(layers.BatchNormalization()(x))


def filtered(x, filters):
    return layers.Activation("relu")(layers.BatchNormalization()(SpectralFilterLayer(filters)(x)))


def separable(x, channels):
    x = layers.DepthwiseConv2D((3, 3), padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(channels, (1, 1), use_bias=False)(x)
    return layers.MaxPooling2D()(layers.ReLU()(layers.BatchNormalization()(x)))


def spectral(x, number):
    x = filtered(x, 32)
    x = separable(x, 64) if number == 1 else filtered(x, 64)
    x = layers.GlobalAveragePooling2D()(separable(x, 128))
    for units, rate in ((16, 0.1875), (4, 0.3125)):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(rate)(layers.BatchNormalization()(x))
    return x


def network(name: str, shape=SHAPE, outputs: int = 4, seed: int = 0) -> keras.Model:
    """A published network, written down with layers of its own, whose weights are random."""
    keras.utils.clear_session()  # names of layers begin anew
    keras.utils.set_random_seed(seed)
    images = layers.Input(shape)
    kind, _, number = name.partition("_sn")
    if kind == "spatial":
        x = spatial(images)
    elif kind == "spectral":
        x = spectral(images, int(number))
    else:
        both = [spatial(images), spectral(images, int(number))]
        x = layers.Concatenate()(both) if kind == "concat" else BilinearFusion()(both)
    x = layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax")(x)
    model = keras.Model(images, x)
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if variable.name == "gamma":
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
        elif variable.name in ("beta", "bias"):
            variable.assign(rng.normal(0, 0.3, variable.shape))
    see(model, images_of(shape, seed=seed))
    return model


def images_of(shape=SHAPE, count: int = 32, seed: int = 5) -> np.ndarray:
    """Noise of very different contrast, float32 in [0, 1]."""
    rng = np.random.default_rng(seed)
    return (rng.uniform(size=(count, *shape)) * rng.uniform(size=(count, 1, 1, 1))).astype(np.float32)


def see(model: keras.Model, images: np.ndarray) -> None:
    """Take the statistics of images over into the layers, so that outputs differ from image to image."""
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.0
    model(images, training=True)
    for norm in norms:
        norm.momentum = 0.99


def write(path: Path, model: keras.Model, *, version: str = "3.8.0") -> Path:
    """Save a network as the release is: Keras knows its classes by no module, as they are a notebook's."""
    model.save(path)

    def edit(config):
        for layer in config["config"]["layers"]:
            if layer["class_name"] in ("SpectralFilterLayer", "BilinearFusion"):
                layer |= {"module": None, "registered_name": layer["class_name"]}

    edit_config(path, edit)
    metadata = {"keras_version": version, "date_saved": "2025-09-27@12:00:00"}
    return replace(path, "metadata.json", json.dumps(metadata).encode())


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, content: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def replace(path: Path, name: str, data: bytes) -> Path:
    return pack(path, {**members(path), name: data})


def edit_config(path: Path, edit) -> Path:
    """Change ``config.json``, as someone would who knows how."""
    config = json.loads(members(path)["config.json"])
    edit(config)
    return replace(path, "config.json", json.dumps(config).encode())


def edit_weights(path: Path, edit) -> Path:
    """Change ``model.weights.h5``."""
    file = io.BytesIO(members(path)["model.weights.h5"])
    with h5py.File(file, "r+") as store:
        edit(store)
    return replace(path, "model.weights.h5", file.getvalue())
