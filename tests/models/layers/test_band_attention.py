import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rounding import assert_off_by_rounding

from s3f_pipeline.models.layers import BandAttention, band_attention
from s3f_pipeline.models.layers.band_attention import linear_attention


def feature(x):
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


def quadratic_attention(queries, keys, values):
    """By the whole N x M table of weights, in float64."""
    answer = np.empty((*queries.shape[:3], values.shape[-1]))
    for image, head in np.ndindex(queries.shape[0], queries.shape[2]):
        q, k, v = (x[image, :, head].astype(np.float64) for x in (queries, keys, values))
        table = feature(q) @ feature(k).T
        answer[image, :, head] = table / table.sum(axis=1, keepdims=True) @ v
    return answer


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3), st.integers(0, 9))
def test_linear_attention_equals_the_quadratic_formula(pixels, tokens, heads, seed):
    rng = np.random.default_rng(seed)
    queries = rng.normal(0, 2, (2, pixels, heads, 5)).astype(np.float32)
    keys = rng.normal(0, 2, (2, tokens, heads, 5)).astype(np.float32)
    values = rng.normal(size=(2, tokens, heads, 4)).astype(np.float32)
    np.testing.assert_allclose(
        linear_attention(queries, keys, values), quadratic_attention(queries, keys, values), atol=2e-5
    )


def test_many_tokens_do_not_lose_precision():
    rng = np.random.default_rng(0)
    queries = rng.normal(size=(1, 3, 1, 8)).astype(np.float32)
    keys = rng.normal(size=(1, 224 * 224, 1, 8)).astype(np.float32)
    values = rng.normal(1, 1, size=(1, 224 * 224, 1, 8)).astype(np.float32)
    np.testing.assert_allclose(
        linear_attention(queries, keys, values), quadratic_attention(queries, keys, values), rtol=1e-5
    )


def test_vanishing_keys_give_finite_output():
    x = np.full((1, 4, 1, 3), -200, np.float32)
    assert np.isfinite(linear_attention(x, x, x)).all()


def test_each_band_answers_through_its_own_heads():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(2, 5, 7, 12)).astype(np.float32)
    bands = [rng.normal(size=(2, *size, 12)).astype(np.float32) for size in [(5, 7), (3, 4), (2, 2)]]
    layer = BandAttention(heads=2)
    found = keras.ops.convert_to_numpy(layer([images, *bands]))
    query, *others = (
        [np.squeeze(weight).astype(np.float64) for weight in projection.get_weights()]
        for projection in [layer.queries, *layer.keys, *layer.values]
    )

    def tokens(x):
        return x.reshape(2, -1, 2, 2)

    for number, band in enumerate(bands):
        own = slice(4 * number, 4 * number + 4)
        key, (value,) = others[number], others[3 + number]
        expected = quadratic_attention(
            tokens((images @ query[0] + query[1])[..., own]),
            tokens(band @ key[0] + key[1]),
            tokens(band @ value),
        )
        np.testing.assert_allclose(found[..., own], expected.reshape(2, 5, 7, 4), atol=1e-5)


def test_it_is_described_by_its_config():
    layer = BandAttention(3, name="attention")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert again.heads == 3


def test_symbolic_shape():
    inputs = [keras.Input((8, 6, 4)), keras.Input((8, 6, 4)), keras.Input((4, 3, 4))]
    assert BandAttention()(inputs).shape == (None, 8, 6, 4)


def test_sums_are_float32_under_mixed_precision(mixed_bfloat16, monkeypatch):
    summed = []

    def attend(*tokens):
        summed.extend([*tokens, linear_attention(*tokens)])
        return summed[-1]

    monkeypatch.setattr(band_attention, "linear_attention", attend)
    rng = np.random.default_rng(0)
    images = rng.normal(size=(2, 64, 64, 8)).astype(np.float32)
    mixed = BandAttention()
    mixed.build([images.shape] * 2)
    weights = [rng.normal(0, 0.5, weight.shape).astype(np.float32) for weight in mixed.weights]
    mixed.set_weights(weights)
    output = mixed([images, images])
    assert [keras.backend.standardize_dtype(x.dtype) for x in summed] == ["float32"] * 4
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    full = BandAttention(dtype="float32")
    full.build([images.shape] * 2)

    def without_rounding(images, *weights):
        full.set_weights(weights)
        return keras.ops.convert_to_numpy(full([images, images]))

    found = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
    roundings = 1 + 8 + 3  # itself, partial sums over the 8 channels, bias, sum with it, the answer
    assert_off_by_rounding(found, without_rounding, [images, *weights], roundings)


@pytest.mark.parametrize("shapes", [[(None, 8, 8, 12)], [(None, 8, 8, 10), *[(None, 8, 8, 10)] * 3]])
def test_channels_that_heads_cannot_share_are_refused(shapes):
    with pytest.raises(ValueError, match=r"2 heads per band can share evenly.*Received: input_shape="):
        BandAttention(heads=2).build(shapes)


def test_no_heads_are_refused():
    with pytest.raises(ValueError, match=r"at least 1. Received: heads=0"):
        BandAttention(0)
