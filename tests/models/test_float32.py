import keras
import numpy as np
import pytest

from s3f_pipeline.models import build_model
from s3f_pipeline.models.float32 import in_float32

IMAGES = np.random.default_rng(0).uniform(size=(3, 32, 32, 1)).astype(np.float32)


@pytest.mark.parametrize("variant", ["bilinear", "gated"])
def test_the_network_computes_in_float32_what_it_was_trained_to(variant):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        trained = build_model(variant, (32, 32, 1), 3)
    finally:
        keras.config.set_dtype_policy(policy)
    exact = build_model(variant, (32, 32, 1), 3)
    exact.set_weights(trained.get_weights())
    network = in_float32(trained)
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    np.testing.assert_array_equal(network(IMAGES, training=False), exact(IMAGES, training=False))
    assert not np.array_equal(network(IMAGES, training=False), trained(IMAGES, training=False))
    assert "bfloat16" in {layer.compute_dtype for layer in trained.layers}
