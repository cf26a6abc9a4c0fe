"""Statistics of batch normalisation that are re-estimated from images, against NumPy."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from s3f_pipeline.models import build_model
from s3f_pipeline.models.layers import FusedBatchNormalization
from s3f_pipeline.training.statistics import BatchNormStatistics, set_momentum


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (40, 6, 5, 2), dtype=np.uint8)


def network():
    keras.utils.set_random_seed(0)
    images = keras.Input((6, 5, 2))
    x = FusedBatchNormalization(name="first")(images)
    x = keras.layers.Dropout(0.5)(x)
    x = keras.layers.Conv2D(3, 3, activation="relu", name="conv")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.BatchNormalization(name="second", scale=False)(x)
    return keras.Model(images, keras.layers.Dense(2, name="logits")(x))


def test_they_are_those_of_all_images_and_of_no_dropout(images):
    model = network()
    model.get_layer("first").set_weights(np.array([[2.0, 0.5], [0.1, -0.3], [9.0, 9.0], [9.0, 9.0]]))
    sample = np.random.default_rng(1).permutation(40)[:35]
    BatchNormStatistics(model).assign(images, sample, batch_size=8)
    x = images[sample[:32]].reshape(4, 8, 6, 5, 2) / 255.0  # three images are left over
    first, second = model.get_layer("first"), model.get_layer("second")
    np.testing.assert_allclose(first.moving_mean, x.mean((0, 1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(first.moving_variance, x.var((0, 1, 2, 3)), rtol=1e-5)

    mean, variance = (each((1, 2, 3), keepdims=True) for each in (x.mean, x.var))
    y = (x - mean) / np.sqrt(variance + first.epsilon) * [2.0, 0.5] + [0.1, -0.3]
    kernel, bias = (each.astype(np.float64) for each in model.get_layer("conv").get_weights())
    windows = np.lib.stride_tricks.sliding_window_view(y, (3, 3), axis=(2, 3))
    y = np.maximum(np.einsum("nbhwcij,ijco->nbhwo", windows, kernel) + bias, 0).mean((2, 3))
    np.testing.assert_allclose(second.moving_mean, y.mean((0, 1)), rtol=1e-4)
    np.testing.assert_allclose(second.moving_variance, y.var((0, 1)), rtol=1e-4)


@pytest.mark.long
def test_on_jax():
    arguments = ["-q", "-p", "no:cacheprovider", f"{__file__}::{NAME}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


NAME = test_they_are_those_of_all_images_and_of_no_dropout.__name__


def test_weights_are_followed_and_nothing_else_changes(images):
    model = network()
    statistics = BatchNormStatistics(model)
    statistics.assign(images, np.arange(40), batch_size=8)
    before = model.get_weights()
    statistics.assign(images, np.arange(40), batch_size=8)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    model.get_layer("conv").kernel.assign(2 * model.get_layer("conv").kernel)
    statistics.assign(images, np.arange(40), batch_size=8)
    changed = [not np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True)]
    named = [w.path for w, differs in zip(model.weights, changed, strict=True) if differs]
    assert named == ["conv/kernel", "second/moving_mean", "second/moving_variance"]


def test_fewer_images_than_a_batch(images):
    model = network()
    BatchNormStatistics(model).assign(images, np.arange(5), batch_size=8)
    np.testing.assert_allclose(
        model.get_layer("first").moving_mean, images[:5].mean((0, 1, 2)) / 255, rtol=1e-5
    )


def test_a_layer_that_is_not_trained_keeps_its_statistics(images):
    model = network()
    model.get_layer("first").trainable = False
    before = model.get_layer("first").get_weights()
    BatchNormStatistics(model).assign(images, np.arange(40), batch_size=8)
    for one, other in zip(before, model.get_layer("first").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    model.get_layer("second").trainable = False
    BatchNormStatistics(model).assign(images, np.arange(40), batch_size=8)  # nothing is left to do


@pytest.mark.parametrize(
    "variant", ["bilinear", "resnet18", pytest.param("medmamba", marks=pytest.mark.long)]
)
def test_a_network_stays_what_it_is(variant, tmp_path):
    """It can be saved, cloned and looked at as before, though its layers are called a second time."""
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 1), dtype=np.uint8)
    model = build_model(variant, (32, 32, 1), 3)
    config, outputs = model.get_config(), [str(layer.output) for layer in model.layers]
    BatchNormStatistics(model).assign(images, np.arange(8), batch_size=4)
    assert model.get_config() == config
    assert [str(layer.output) for layer in model.layers] == outputs
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    x = images / np.float32(255)
    np.testing.assert_array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))


def test_momentum():
    model = network()
    set_momentum(model, 0.5)
    x = np.random.default_rng(0).uniform(size=(4, 6, 5, 2)).astype(np.float32)
    model(x, training=True)
    np.testing.assert_allclose(model.get_layer("first").moving_mean, x.mean((0, 1, 2)) / 2, rtol=1e-5)
    assert keras.models.clone_model(model).get_layer("second").momentum == 0.5
