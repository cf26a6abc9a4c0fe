import keras
import numpy as np
import pytest
from numpy_layers import convolve, disturb, normalise_batch, relu

from s3f_pipeline.models import build_model


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize(
    ("shape", "classes", "parameters"),
    [((28, 28, 3), 10, 11_173_962), ((224, 224, 3), 1000, 11_689_512)],
)
def test_parameters_are_those_of_the_stems_for_cifar_and_imagenet(shape, classes, parameters):
    assert trainable(build_model("resnet18", shape, classes)) == parameters


@pytest.mark.parametrize(("size", "last"), [(28, 4), (32, 4), (64, 2), (224, 7)])
def test_resolution_of_the_last_feature_map(size, last):
    model = build_model("resnet18", (size, size, 1), 2)
    assert model.get_layer("resnet_stage4_block2_relu").output.shape == (None, last, last, 512)
    assert model.get_layer("resnet_vector").output.shape == (None, 512)


@pytest.mark.parametrize(("size", "block"), [(12, 1), (12, 2), (40, 1)])
def test_a_block_equals_its_definition(size, block):
    model = build_model("resnet18", (size, size, 1), 2)
    disturb(model)
    layer = model.get_layer
    name, previous = (
        f"resnet_stage2_block{block}",
        {1: "resnet_stage1_block2", 2: "resnet_stage2_block1"}[block],
    )
    tapped = [layer(f"{each}_relu").output for each in (previous, name)]
    images = np.random.default_rng(1).uniform(size=(2, size, size, 1)).astype(np.float32)
    before, found = map(np.asarray, keras.Model(model.input, tapped)(images))
    x, stride = before.astype(np.float64), 3 - block
    y = relu(normalise_batch(convolve(x, layer(f"{name}_conv1"), stride), layer(f"{name}_conv1_norm")))
    y = normalise_batch(convolve(y, layer(f"{name}_conv2")), layer(f"{name}_conv2_norm"))
    if block == 1:
        x = normalise_batch(convolve(x, layer(f"{name}_shortcut"), stride), layer(f"{name}_shortcut_norm"))
    expected = relu(y + x)
    np.testing.assert_allclose(found, expected, atol=1e-5 * expected.max())


@pytest.mark.parametrize(("size", "deviation"), [(28, (3 * 9 * 64) ** -0.5), (64, (2 / (9 * 128)) ** 0.5)])
def test_weights_begin_as_in_the_code_of_either_stem(size, deviation):
    kernel = build_model("resnet18", (size, size, 1), 2).get_layer("resnet_stage2_block1_conv1").kernel
    assert np.std(kernel) == pytest.approx(deviation, rel=0.02)


def test_normalised_as_in_the_benchmark():
    model = build_model("resnet18", (28, 28, 1), 2)
    scale = model.get_layer("resnet_scale")
    np.testing.assert_allclose(scale(np.array([0.0, 0.5, 1.0], np.float32)), [-1, 0, 1])
