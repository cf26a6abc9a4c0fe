import keras
import numpy as np

from s3f_pipeline.models.fusion import fuse_gated


def network():
    spatial, spectral = keras.Input((6,)), keras.Input((2,))
    return keras.Model([spatial, spectral], fuse_gated(spatial, spectral))


def test_gated_fusion_begins_as_concatenation():
    rng = np.random.default_rng(0)
    vectors = [rng.normal(size=(3, 6)), rng.normal(size=(3, 2))]
    np.testing.assert_allclose(network().predict(vectors, verbose=0), np.concatenate(vectors, 1), rtol=1e-6)


def test_gated_fusion_equals_its_formula():
    rng = np.random.default_rng(0)
    model = network()
    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])
    vectors = [rng.normal(size=(3, 6)), rng.normal(size=(3, 2))]
    w1, b1, w2, b2 = model.get_weights()
    both = np.concatenate(vectors, 1)
    gates = 1 / (1 + np.exp(-(np.maximum(both @ w1 + b1, 0) @ w2 + b2)))
    np.testing.assert_allclose(model.predict(vectors, verbose=0), both * 2 * gates, rtol=1e-4)
