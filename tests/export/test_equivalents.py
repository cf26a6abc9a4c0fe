import keras
import numpy as np
import pytest
from keras import layers

from s3f_pipeline.export.equivalents import GeluByErf, convertible

IMAGES = np.random.default_rng(0).uniform(size=(3, 9, 8, 4)).astype(np.float32)


def model_of(layer):
    images = keras.Input((9, 8, 4))
    return keras.Model(images, layer(layers.Conv2D(4, 1)(images)))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Normalization(mean=[1, 2, 3, 4], variance=[4, 1, 9, 0.25]), layers.Rescaling),
        (layers.Normalization(mean=0.5, variance=4.0, axis=None), layers.Rescaling),
        (layers.Conv2D(4, 3, groups=4, strides=2, padding="same", activation="relu"), layers.DepthwiseConv2D),
        (layers.Conv2D(4, 3, groups=4, dilation_rate=2, use_bias=False), layers.DepthwiseConv2D),
        (layers.Activation("gelu"), GeluByErf),
        (layers.Activation("relu"), layers.Activation),
        (layers.Conv2D(4, 3), layers.Conv2D),
    ],
    ids=["normalization", "one number", "strides", "dilation", "gelu", "relu", "one group"],
)
def test_the_layer_is_another_one_that_computes_the_same(layer, expected):
    model = model_of(layer)
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])
    other = convertible(model)
    assert type(other.layers[-1]) is expected
    assert other.layers[-1].name == layer.name
    np.testing.assert_allclose(other(IMAGES), model(IMAGES), atol=1e-5)
