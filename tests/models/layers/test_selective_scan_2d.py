import keras
import numpy as np
import pytest

from s3f_pipeline.models.layers import SelectiveScan2D

CHANNELS, RANK, STATES = 6, 2, 3
WAYS = [("rows", 1), ("columns", 1), ("rows", -1), ("columns", -1)]


def build(**options):
    layer = SelectiveScan2D(RANK, STATES, **options)
    layer.build((None, 5, 7, CHANNELS))
    return layer


def disturb(layer):
    """Give the directions different weights, all of a size that matters."""
    rng = np.random.default_rng(0)
    layer.set_weights([weight + rng.normal(0, 0.3, weight.shape) for weight in layer.get_weights()])
    return layer


def reference(layer, images):
    """Walk over each image four times, pixel by pixel, in float64."""
    weights = [weight.astype(np.float64) for weight in layer.get_weights()]
    result = np.zeros_like(images)
    height, width = images.shape[1:3]
    for k, (order, sense) in enumerate(WAYS):
        projection, step_kernel, step_bias, log_decay, skip = (weight[k] for weight in weights)
        path = [(y, x) for y in range(height) for x in range(width)]
        if order == "columns":
            path = [(y, x) for x in range(width) for y in range(height)]
        for number, image in enumerate(images):
            state = np.zeros((STATES, CHANNELS))
            for place in path[::sense]:
                steps, b, c = np.split(image[place] @ projection, [RANK, RANK + STATES])
                delta = np.log1p(np.exp(steps @ step_kernel + step_bias))
                state = np.exp(-delta * np.exp(log_decay)) * state + np.outer(b, delta * image[place])
                result[number][place] += c @ state + skip * image[place]
    return result


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (8, 8), (13, 3)])
def test_equals_a_walk_over_the_pixels(size):
    images = np.random.default_rng(1).normal(size=(2, *size, CHANNELS))
    layer = disturb(build())
    found = keras.ops.convert_to_numpy(layer(images.astype(np.float32)))
    expected = reference(layer, images)
    assert np.abs(found - expected).max() <= 1e-4 * max(1, np.abs(expected).max())


def test_initial_weights():
    layer = SelectiveScan2D(12)
    layer.build((None, 4, 4, 384))
    projection, step_kernel, step_bias, log_decay, skip = layer.get_weights()
    shapes = [(4, 384, 44), (4, 12, 384), (4, 384), (4, 16, 384), (4, 384)]
    assert [weight.shape for weight in layer.get_weights()] == shapes
    for weight, limit in ((projection, 384**-0.5), (step_kernel, 12**-0.5)):
        assert 0.99 * limit < np.abs(weight).max() <= limit
    steps = np.log(np.log1p(np.exp(step_bias.astype(np.float64))))
    assert np.log(0.001) - 1e-3 < steps.min() < np.log(0.0012)
    assert np.log(0.09) < steps.max() < np.log(0.1) + 1e-3
    assert steps.mean() == pytest.approx(np.log(0.01), abs=0.1)
    np.testing.assert_allclose(np.exp(log_decay[2, :, 5]), np.arange(1, 17), rtol=1e-6)
    assert (skip == 1).all()


def test_mixed_precision_rounds_only_the_output(mixed_bfloat16):
    images = np.random.default_rng(0).normal(size=(2, 5, 7, CHANNELS)).astype(np.float32)
    mixed, full = build(), build(dtype="float32")
    full.set_weights(mixed.get_weights())
    output = mixed(images)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    np.testing.assert_array_equal(output, keras.ops.cast(full(images), "bfloat16"))


def test_it_is_described_by_its_config():
    layer = build(name="scan")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, SelectiveScan2D)
    assert again.get_config() == layer.get_config()


def test_another_image_size_can_be_scanned():
    layer = build()
    assert layer(np.zeros((1, 2, 3, CHANNELS), np.float32)).shape == (1, 2, 3, CHANNELS)
    assert layer(keras.Input((2, 3, CHANNELS))).shape == (None, 2, 3, CHANNELS)


@pytest.mark.parametrize("shape", [(None, 8, 8), (None, None, 8, 1), (None, 8, 8, None)])
def test_images_of_unknown_size_are_refused(shape):
    with pytest.raises(ValueError, match=r"needs images of shape.*Received: input_shape="):
        SelectiveScan2D(1).build(shape)


@pytest.mark.parametrize("sizes", [(0, 16), (1, 0)])
def test_no_states_are_refused(sizes):
    with pytest.raises(ValueError, match=r"must be at least 1. Received: rank="):
        SelectiveScan2D(*sizes)
