import keras
import numpy as np
import pytest
from rounding import assert_off_by_rounding

from s3f_pipeline.models.layers import ContextGate


def silu(x):
    return x / (1 + np.exp(-x))


def reference(inputs, weights):
    """By the definition, in float64."""
    inputs = [x.astype(np.float64) for x in inputs]
    kernel1, bias1, kernel2, bias2 = (weight.astype(np.float64) for weight in weights)
    between = tuple(range(1, inputs[0].ndim - 1))
    context = np.concatenate([x.mean(axis=between) if between else x for x in inputs], axis=-1)
    gates = 2 / (1 + np.exp(-(silu(context @ kernel1 + bias1) @ kernel2 + bias2)))
    return np.concatenate(inputs, axis=-1) * gates.reshape(len(gates), *[1] * len(between), -1)


@pytest.mark.parametrize("between", [(), (6, 5)])
def test_equals_the_definition(between):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(1, 1, (3, *between, channels)).astype(np.float32) for channels in (8, 12)]
    layer = ContextGate()
    layer.build([x.shape for x in inputs])
    assert [tuple(weight.shape) for weight in layer.weights] == [(20, 5), (5,), (5, 20), (20,)]
    weights = [rng.normal(size=weight.shape).astype(np.float32) for weight in layer.weights]
    layer.set_weights(weights)
    np.testing.assert_allclose(layer(inputs), reference(inputs, weights), atol=1e-5)


def test_it_begins_as_concatenation():
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(2, 4, 4, channels)).astype(np.float32) for channels in (4, 6)]
    np.testing.assert_allclose(ContextGate()(inputs), np.concatenate(inputs, axis=-1), rtol=1e-6)


def test_it_is_described_by_its_config():
    layer = ContextGate(3, name="gate")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert again.reduction == 3


@pytest.mark.parametrize("between", [(), (6, 5)])
def test_symbolic_shape(between):
    inputs = [keras.Input((*between, channels)) for channels in (3, 4, 5)]
    assert ContextGate()(inputs).shape == (None, *between, 12)


def test_mixed_precision(mixed_bfloat16):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(1, 1, (2, 4, 4, channels)).astype(np.float32) for channels in (4, 8)]
    layer = ContextGate()
    layer.build([x.shape for x in inputs])
    weights = [rng.normal(0, 0.5, weight.shape).astype(np.float32) for weight in layer.weights]
    layer.set_weights(weights)
    output = layer(inputs)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    found = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
    roundings = 1 + 12 + 3  # itself, partial sums over the 12 channels, what is made of their sum
    assert_off_by_rounding(found, lambda *data: reference(data[:2], data[2:]), [*inputs, *weights], roundings)


def test_no_reduction_is_refused():
    with pytest.raises(ValueError, match=r"at least 1. Received: reduction=0"):
        ContextGate(0)
