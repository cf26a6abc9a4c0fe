import numpy as np
import pytest
from keras import ops

from s3f_pipeline.models import selective_scan as selective_scan_module
from s3f_pipeline.models.linear_recurrence import linear_recurrence
from s3f_pipeline.models.selective_scan import chunk_length, selective_scan

SEQUENCES, BATCH, CHANNELS, STATES = 3, 2, 5, 4
LENGTHS = [1, 2, 3, 7, 16, 49, 61, 200]
NAMES = ("x", "delta", "a", "b", "c")


def draw(length):
    rng = np.random.default_rng(length)
    per_channel, per_state = (length, SEQUENCES, BATCH, CHANNELS), (length, SEQUENCES, BATCH, STATES)
    return {
        "x": rng.normal(size=per_channel),
        "delta": rng.uniform(0.001, 0.5, per_channel),
        "a": -rng.uniform(0.1, 4, (SEQUENCES, STATES, CHANNELS)),
        "b": rng.normal(size=per_state),
        "c": rng.normal(size=per_state),
    }


def step_by_step(x, delta, a, b, c):
    """By the definition, one number after the other, in float64."""
    y = np.zeros_like(x)
    for k, n, image, e in np.ndindex(SEQUENCES, STATES, BATCH, CHANNELS):
        state = 0.0
        for t in range(len(x)):
            size = delta[t, k, image, e]
            state = np.exp(size * a[k, n, e]) * state + size * b[t, k, image, n] * x[t, k, image, e]
            y[t, k, image, e] += c[t, k, image, n] * state
    return y


def as_float32(given):
    return {name: array.astype(np.float32) for name, array in given.items()}


@pytest.mark.parametrize("length", LENGTHS)
def test_equals_the_recurrence_step_by_step(length):
    given = draw(length)
    y = ops.convert_to_numpy(selective_scan(**as_float32(given)))
    np.testing.assert_allclose(y, step_by_step(**given), atol=1e-4)


def test_long_memory_and_fast_decay():
    given = draw(300)
    given["a"][:, 0], given["a"][:, 1] = -1e-3, -1e3
    y = ops.convert_to_numpy(selective_scan(**as_float32(given)))
    np.testing.assert_allclose(y, step_by_step(**given), atol=1e-4)


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("length", [1, 7, 37])
def test_gradients_are_the_slopes_of_the_recurrence(backend, length, medmamba_results):
    given, computed = medmamba_results(backend)
    cotangent = given[f"scan{length}_cotangent"]
    inputs = {name: given[f"scan{length}_{name}"].astype(np.float64) for name in NAMES}
    np.testing.assert_allclose(computed[f"scan{length}_y"], step_by_step(**inputs), atol=1e-4)
    rng = np.random.default_rng(2)
    for name in NAMES:
        gradient = computed[f"scan{length}_d_{name}"]
        for _ in range(3):
            direction = rng.normal(size=gradient.shape)
            ahead, behind = (
                np.sum(cotangent * step_by_step(**{**inputs, name: inputs[name] + step * direction}))
                for step in (1e-6, -1e-6)
            )
            assert np.sum(gradient * direction) == pytest.approx((ahead - behind) / 2e-6, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("length", [1, 2, 4, 32])
@pytest.mark.parametrize("reverse", [False, True])
def test_linear_recurrence_in_both_directions(length, reverse):
    rng = np.random.default_rng(0)
    decay, value, start = rng.uniform(size=(length, 3)), rng.normal(size=(length, 3)), rng.normal(size=3)
    expected, state = np.empty_like(value), start
    for t in reversed(range(length)) if reverse else range(length):
        state = expected[t] = decay[t] * state + value[t]
    found = linear_recurrence(*(ops.cast(each, "float32") for each in (decay, value, start)), reverse=reverse)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("gpu", "chunks"), [(False, (1, 1, 1, 2, 4, 8, 16)), (True, (1, 2, 2, 8, 16, 32, 64))]
)
def test_chunks_grow_with_the_root_of_the_length(gpu, chunks, monkeypatch):
    monkeypatch.setattr(selective_scan_module, "on_gpu", lambda: gpu)
    assert tuple(chunk_length(length) for length in (1, 2, 4, 49, 196, 784, 3136)) == chunks


@pytest.mark.parametrize("chunk", [1, 8, 64])
def test_chunks_of_any_length_give_the_same(chunk, monkeypatch):
    monkeypatch.setattr(selective_scan_module, "chunk_length", lambda length: chunk)
    given = draw(61)
    y = ops.convert_to_numpy(selective_scan(**as_float32(given)))
    np.testing.assert_allclose(y, step_by_step(**given), atol=1e-4)
