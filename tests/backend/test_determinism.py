import keras
import numpy as np
import pytest

from s3f_pipeline.backend import determinism
from s3f_pipeline.backend.determinism import XLA_FLAG, make_deterministic


def test_the_same_seed_gives_the_same_weights_and_dropout():
    def draw(seed):
        make_deterministic(seed, operations=False)
        layer = keras.layers.Dense(4)
        layer.build((None, 3))
        dropped = keras.layers.Dropout(0.5)(np.ones((8, 8), np.float32), training=True)
        return (
            keras.ops.convert_to_numpy(layer.kernel),
            keras.ops.convert_to_numpy(dropped),
            np.random.random(3),
        )

    for first, again, other in zip(draw(1), draw(1), draw(2), strict=True):
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="about TensorFlow")
@pytest.mark.parametrize("operations", [True, False])
def test_tensorflow_is_asked_for_deterministic_operations(monkeypatch, operations):
    import tensorflow as tf

    calls = []
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: calls.append(True))
    make_deterministic(0, operations=operations)
    assert calls == [True] * operations


@pytest.mark.parametrize(("flags", "warnings"), [("", 1), (f"--other {XLA_FLAG}", 0)])
def test_jax_on_a_gpu_warns_if_it_was_not_started_for_determinism(monkeypatch, caplog, flags, warnings):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(keras.utils, "set_random_seed", lambda seed: None)
    monkeypatch.setattr(determinism, "on_gpu", lambda: True)
    monkeypatch.setenv("XLA_FLAGS", flags)
    make_deterministic(0, operations=True)
    assert len(caplog.records) == warnings
    assert all(XLA_FLAG in record.message for record in caplog.records)
