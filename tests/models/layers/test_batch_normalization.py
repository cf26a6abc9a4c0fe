import keras
import numpy as np
import pytest
from rounding import UNIT

from s3f_pipeline.models.layers import FusedBatchNormalization


def pair(shape, **options):
    """Ours and Keras' own layer with the same weights, neither trivial."""
    layers = FusedBatchNormalization(**options), keras.layers.BatchNormalization(**options)
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.5, 1.5, shape[-1]).astype(np.float32) for _ in range(4)]
    for layer in layers:
        layer.build(shape)
        layer.set_weights(weights)
    return layers


def images(shape):
    return np.random.default_rng(1).normal(2, 3, shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(2, 5, 7, 3), (4, 8, 8, 1), (6, 4)])
@pytest.mark.parametrize("training", [False, True])
def test_equals_keras(shape, training):
    ours, theirs = pair(shape)
    for _ in range(3):
        found, expected = (layer(images(shape), training=training) for layer in (ours, theirs))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for found, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_gradients_equal_those_of_keras():
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("gradients are taken with TensorFlow's tape")
    x = tf.constant(images((3, 6, 6, 4)))
    target = tf.constant(np.random.default_rng(2).normal(size=(3, 6, 6, 4)).astype(np.float32))
    found = []
    for layer in pair((3, 6, 6, 4)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x, training=True) * target)
        found.append(tape.gradient(loss, [x, layer.gamma.value, layer.beta.value]))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


def test_frozen_layers_keep_their_statistics():
    ours, theirs = pair((2, 4, 4, 3))
    ours.trainable = theirs.trainable = False
    before = ours.get_weights()
    np.testing.assert_allclose(
        ours(images((2, 4, 4, 3)), training=True), theirs(images((2, 4, 4, 3)), training=True), rtol=1e-4
    )
    for one, other in zip(before, ours.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_under_mixed_precision_statistics_stay_float32(mixed_bfloat16):
    layer = FusedBatchNormalization(momentum=0)
    plain = keras.layers.BatchNormalization(momentum=0, dtype="float32")
    weights = [np.random.default_rng(0).uniform(0.5, 1.5, 3) for _ in range(4)]
    for each in (layer, plain):
        each.build((4, 8, 8, 3))
        each.set_weights(weights)
    result = layer(images((4, 8, 8, 3)), training=True)
    assert keras.backend.standardize_dtype(result.dtype) == "bfloat16"
    assert {weights.dtype for weights in layer.get_weights()} == {np.dtype(np.float32)}
    rounded = keras.ops.cast(keras.ops.cast(images((4, 8, 8, 3)), "bfloat16"), "float32")
    expected = np.asarray(plain(rounded, training=True))
    found = keras.ops.convert_to_numpy(keras.ops.cast(result, "float32"))
    np.testing.assert_allclose(found, expected, rtol=UNIT, atol=1e-4)  # only the result is rounded
    np.testing.assert_allclose(layer.moving_mean, plain.moving_mean, rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, plain.moving_variance, rtol=1e-4)


@pytest.mark.parametrize("options", [{"axis": 1}, {"center": False}, {"renorm": True}])
def test_what_the_fused_operation_has_not_is_refused(options):
    with pytest.raises(ValueError, match=r"takes axis=-1.*Received: axis="):
        FusedBatchNormalization(**options)


def test_it_is_saved_and_loaded(tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 2)), FusedBatchNormalization(name="norm")])
    model(images((8, 4, 4, 2)), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images((2, 4, 4, 2))), model(images((2, 4, 4, 2))))
