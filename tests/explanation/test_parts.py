import keras
import numpy as np
import pytest

from s3f_pipeline.explanation.parts import find_branches, find_maps
from s3f_pipeline.models import build_model, without_weights

SHAPE = (32, 32, 1)


@pytest.mark.parametrize(
    ("variant", "layer"),
    [
        ("spatial", "spatial_stage4_relu"),
        ("bilinear", "spatial_stage4_relu"),
        ("random_filter", "spatial_stage4_relu"),
        ("resnet18", "resnet_stage4_block2_relu"),
        ("medmamba", "medmamba_stage4_block2"),
        ("medspectralnet", "stage4_activation"),
    ],
)
def test_maps_are_the_last_ones_that_tell_of_places(variant, layer):
    with without_weights():
        maps = find_maps(build_model(variant, SHAPE, 3))
        assert maps.layer == layer
        assert maps.front.output_shape[-1] > 16


@pytest.mark.parametrize("variant", ["spectral", "spectral_sn2", "spectral_compact"])
def test_filters_as_large_as_the_image_have_no_places(variant):
    with without_weights():
        assert "no place in the image" in find_maps(build_model(variant, SHAPE, 3))


def test_a_network_without_maps_says_so():
    images = keras.Input((4, 4, 1))
    logits = keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(images))
    assert "no feature maps" in find_maps(keras.Model(images, logits))


@pytest.mark.parametrize(
    ("variant", "is_linear"),
    [("concat", True), ("random_filter", True), ("bilinear", False), ("gated", False)],
)
def test_head_and_vectors_are_the_network(variant, is_linear):
    model = build_model(variant, SHAPE, 3)
    branches = find_branches(model)
    assert branches.is_linear is is_linear
    images = np.random.default_rng(0).uniform(size=(2, *SHAPE)).astype(np.float32)
    logits = keras.Model(model.input, model.get_layer("logits").output)(images)
    np.testing.assert_allclose(branches.head(branches.vectors(images)), logits, rtol=1e-5, atol=1e-6)


def test_one_tower_is_no_branch():
    with without_weights():
        assert find_branches(build_model("spatial", SHAPE, 3)) is None
