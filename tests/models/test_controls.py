import keras
import numpy as np
import pytest

from s3f_pipeline.models import build_model


def body(model):
    """Parameters without those of the head."""
    return model.count_params() - model.get_layer("logits").count_params()


@pytest.mark.parametrize("spectranet", ["sn1", "sn2"])
@pytest.mark.parametrize("shape", [(16, 16, 1), (28, 30, 3)])
def test_a_wide_tower_has_the_parameters_of_the_fused_network(shape, spectranet):
    wide, fused = (build_model(f"{name}_{spectranet}", shape, 2) for name in ("spatial_wide", "concat"))
    assert 0 <= body(wide) - body(fused) < 0.1 * body(fused)
    narrower = wide.get_layer("spatial_stage1_conv1").filters - 1
    assert body(build_model("spatial", shape, 2, width=narrower)) < body(fused)


@pytest.mark.parametrize(("spectranet", "filters"), [("sn1", 1), ("sn2", 2)])
def test_random_filters_are_those_of_concat_and_stay_as_they_are(spectranet, filters):
    networks = []
    for name in ("random_filter", "concat"):
        keras.utils.set_random_seed(0)
        networks.append(build_model(f"{name}_{spectranet}", (16, 16, 1), 2))
    frozen, learned = networks
    assert [w.path for w in frozen.weights] == [w.path for w in learned.weights]
    for one, other in zip(frozen.weights, learned.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(learned.trainable_weights) - len(frozen.trainable_weights) == 3 * filters
    frozen.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    before = frozen.get_layer("spectral_filter1").get_weights()
    images = np.random.default_rng(0).uniform(size=(4, 16, 16, 1)).astype(np.float32)
    frozen.train_on_batch(images, np.array([0, 1, 0, 1]))
    for old, new in zip(before, frozen.get_layer("spectral_filter1").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
