import keras
import numpy as np
import pytest
from questions import pooled

from s3f_pipeline.explanation.parts import find_maps
from s3f_pipeline.explanation.passes import Store
from s3f_pipeline.explanation.place import Explained, Mapper, randomisation_block
from s3f_pipeline.explanation.randomisation import baseline_ssim, cascade, depth_block, passes, randomised
from s3f_pipeline.explanation.similarity import spearman, ssim
from s3f_pipeline.models import build_model

SHAPE = (16, 16, 1)


def checked(model, seed=0):
    """The check on images with a bright spot each, somewhere else."""
    images = np.zeros((6, *SHAPE), np.uint8)
    for number in range(6):
        images[number, 2 + 2 * number, 14 - 2 * number] = 255
    store = Store(images, 4, lambda done: None)
    shown = Explained(np.arange(6), np.zeros(6, np.int64))
    maps = Mapper(find_maps(model)).maps(store, shown.rows, shown.classes)
    return randomisation_block(model, store, shown, maps, maps, seed)


def test_a_network_that_ignores_its_weights_does_not_pass():
    """Its initialisers draw what it has: nothing is ever forgotten."""
    constant = keras.initializers.Constant(0.3)
    model = pooled(SHAPE, 2, kernel_initializer=constant, bias_initializer="zeros")
    model.get_layer("logits").kernel_initializer = constant
    model.get_layer("logits").kernel.assign(0.3 * np.ones((3, 2)))
    for found in checked(model).values():
        assert [depth["ssim"] for depth in found["depths"]] == pytest.approx([1, 1])
        assert [depth["spearman"] for depth in found["depths"]] == pytest.approx([1, 1])
        assert found["baseline_ssim"] < 1
        assert found["passes"] is False


def test_a_network_whose_maps_hang_on_its_weights_passes():
    keras.utils.set_random_seed(0)
    model = pooled(SHAPE, 2, channels=8, size=7, activation="tanh")
    spread = [np.random.default_rng(0).normal(size=w.shape) for w in model.get_layer("maps").get_weights()]
    model.get_layer("maps").set_weights(spread)
    images = np.random.default_rng(1).integers(256, size=(6, *SHAPE), dtype=np.uint8)
    images[:] = images[:1]  # maps of different images are alike: only forgetting can change them
    store = Store(images, 4, lambda done: None)
    shown = Explained(np.arange(6), np.zeros(6, np.int64))
    maps = Mapper(find_maps(model)).maps(store, shown.rows, shown.classes)
    found = randomisation_block(model, store, shown, maps, maps, 3)
    assert all(each["passes"] for each in found.values())


def test_layers_forget_from_the_logits_downwards_and_the_network_stays():
    keras.utils.set_random_seed(0)
    model = build_model("bilinear", SHAPE, 3)
    for layer in model.layers:
        layer.set_weights([weight + 1 for weight in layer.get_weights()])
    before = {layer.name: layer.get_weights() for layer in model.layers}
    fresh = randomised(model, seed=1)
    layers = [layer.name for layer in model.layers if layer.weights]
    seen = []
    for depth, lowest in cascade(model, fresh):
        seen.append(depth)
        assert lowest == layers[len(layers) - depth]
        same = [
            all(
                np.array_equal(a, b)
                for a, b in zip(fresh.get_layer(name).get_weights(), before[name], strict=True)
            )
            for name in layers
        ]
        assert same == [True] * (len(layers) - depth) + [False] * depth
    assert seen[0] == len(layers)
    assert seen[-1] == 1
    assert seen == sorted(seen, reverse=True)
    for layer in model.layers:
        for now, then in zip(layer.get_weights(), before[layer.name], strict=True):
            np.testing.assert_array_equal(now, then)


def test_batch_statistics_forget_too():
    model = build_model("spatial", SHAPE, 3)
    norm = model.get_layer("spatial_stage1_norm")
    norm.set_weights([weight + 1 for weight in norm.get_weights()])
    gamma, beta, mean, variance = randomised(model, 0).get_layer("spatial_stage1_norm").get_weights()
    assert (gamma.min(), beta.max(), mean.max(), variance.min()) == (1, 0, 0, 1)


def test_empty_maps_count_nowhere():
    full = np.random.default_rng(0).uniform(size=(2, 8, 8))
    maps = np.concatenate([full, np.zeros((3, 8, 8))])
    found = depth_block(1, "logits", maps, np.ones_like(maps))
    assert found["ssim"] == pytest.approx(depth_block(1, "logits", full, np.ones_like(full))["ssim"])
    assert depth_block(1, "logits", maps[2:], maps[2:])["ssim"] is None
    assert baseline_ssim(maps, 0) == baseline_ssim(full, 0)
    assert baseline_ssim(maps[1:], 0) is None
    assert passes([{"layers": 1, "ssim": None}], 0.5) is None
    assert passes([{"layers": 1, "ssim": 0.1}], None) is None


def test_likeness_has_the_values_that_it_must_have():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(size=(2, 9, 11))
    assert ssim(first, first) == pytest.approx(1)
    assert ssim(first, second) == pytest.approx(ssim(second, first))
    assert abs(ssim(first, second)) < 0.3
    assert spearman(first, np.exp(5 * first)) == pytest.approx(1)
    assert spearman(first, -first) == pytest.approx(-1)
    assert spearman(first, np.ones_like(first)) == 0
    small = rng.uniform(size=(3, 2))
    a, b, c = small.mean(), 0.5, 0.01**2
    expected = (2 * a * b + c) / (a**2 + b**2 + c) * (0.03**2) / (small.var() + 0.03**2)
    assert ssim(small, np.full((3, 2), 0.5)) == pytest.approx(expected)
