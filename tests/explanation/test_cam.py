import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from questions import pooled

from s3f_pipeline.backend.functions import compile_function, compile_gradient
from s3f_pipeline.explanation.cam import grad_cam, grad_cam_plus_plus, is_empty, scaled
from s3f_pipeline.explanation.parts import find_maps, logits_of
from s3f_pipeline.explanation.passes import Store
from s3f_pipeline.explanation.place import Mapper

SHAPE = (6, 9, 2)


def maps_of(model, images, classes):
    store = Store(images, 4, lambda done: None)
    return Mapper(find_maps(model)).maps(store, np.arange(len(images)), np.asarray(classes))


def drawn(n=3, shape=SHAPE):
    return np.random.default_rng(0).integers(256, size=(n, *shape), dtype=np.uint8)


@pytest.mark.parametrize(("outputs", "explained"), [(4, 2), (1, 1), (1, 0)])
def test_maps_of_a_linear_network_are_those_of_the_closed_form(outputs, explained):
    """With logit = w . mean(A) + b every gradient is w / (h w)."""
    keras.utils.set_random_seed(1)
    model = pooled(SHAPE, outputs)
    images = drawn()
    found = maps_of(model, images, [explained] * len(images))
    kernel, bias = (np.asarray(weight, np.float64) for weight in model.get_layer("maps").get_weights())
    maps = (images / 255) @ kernel[0, 0] + bias
    weights = np.asarray(model.get_layer("logits").get_weights()[0], np.float64)
    of_class = weights[:, explained] if outputs > 1 else weights[:, 0] * (1 if explained else -1)
    slope = of_class / (SHAPE[0] * SHAPE[1])
    np.testing.assert_allclose(found["grad_cam"], np.maximum((maps * slope).sum(axis=3), 0), atol=1e-6)
    alpha = 1 / (2 + maps.sum(axis=(1, 2)) * slope)
    counted = SHAPE[0] * SHAPE[1] * alpha * np.maximum(slope, 0)
    expected = np.maximum((maps * counted[:, None, None, :]).sum(axis=3), 0)
    np.testing.assert_allclose(found["grad_cam_plus_plus"], expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_flip_of_the_image_flips_the_map(axis):
    keras.utils.set_random_seed(2)
    model = pooled(SHAPE, 3, size=3)
    kernel, bias = model.get_layer("maps").get_weights()
    model.get_layer("maps").set_weights([(kernel + np.flip(kernel, axis - 1)) / 2, bias])
    images = drawn()
    before = maps_of(model, images, [0, 1, 2])
    after = maps_of(model, np.flip(images, axis), [0, 1, 2])
    for name, maps in before.items():
        assert not is_empty(maps).all()
        np.testing.assert_allclose(after[name], np.flip(maps, axis), atol=1e-6)


def test_the_gradient_is_that_of_the_logit_where_probabilities_are_flat():
    keras.utils.set_random_seed(3)
    model = pooled(SHAPE, 3)
    model.get_layer("maps").set_weights([np.abs(w) for w in model.get_layer("maps").get_weights()])
    sure = [np.zeros((3, 3), np.float32), np.array([0, 0, 500], np.float32)]
    sure[0][:, 2] = 1
    model.get_layer("logits").set_weights(sure)
    assert np.asarray(model(drawn() / 255.0))[:, 2].min() == 1
    assert not is_empty(maps_of(model, drawn(), [2, 2, 2])["grad_cam"]).any()


def test_gradients_are_those_of_finite_differences_and_follow_the_weights():
    keras.utils.set_random_seed(4)
    model = pooled((4, 4, 1), 2, size=3, activation="tanh")
    part = keras.Model(model.input, logits_of(model))
    gradient, forward = compile_gradient(part), compile_function(part)
    images = np.random.default_rng(0).uniform(size=(2, 4, 4, 1)).astype(np.float32)
    asked = np.array([[1, 0], [-2, 3]], np.float32)
    for factor in (1, 2):
        model.get_layer("logits").kernel.assign(factor * model.get_layer("logits").kernel)
        found = gradient([images], asked)
        step = np.zeros_like(images)
        step[:, 1, 2] = 1e-2
        above, below = (forward([images + sign * step])[0] for sign in (1, -1))
        expected = ((above - below) * asked).sum(axis=1) / 2e-2
        np.testing.assert_allclose(found[:, 1, 2, 0], expected, rtol=1e-2, atol=1e-4)


def test_an_empty_map_is_called_so_and_not_blown_up():
    maps, gradients = np.ones((2, 3, 3, 4)), np.zeros((2, 3, 3, 4))
    gradients[1] = -1
    for method in (grad_cam, grad_cam_plus_plus):
        found = method(maps, gradients)
        assert is_empty(found).all()
        assert scaled(found).tolist() == np.zeros((2, 3, 3)).tolist()


def test_on_jax():
    """The same tests in a process of its own with the other backend."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "not jax"],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert "8 passed" in done.stdout, done.stdout + done.stderr
