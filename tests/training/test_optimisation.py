"""The arithmetic of weight decay, averaging and label smoothing, against NumPy."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from s3f_pipeline.models import build_model
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.training.optimisation import compile_network, decays, head_alone

SETTINGS = TrainingSettings(learning_rate=0.01)


def network(outputs=3):
    keras.utils.set_random_seed(0)
    images = keras.Input((4,), name="images")
    logits = keras.layers.Dense(outputs, name="logits")(images)
    return keras.Model(images, keras.layers.Activation("sigmoid" if outputs == 1 else "softmax")(logits))


def batch(step, outputs=3):
    rng = np.random.default_rng(step)
    x = rng.normal(size=(5, 4)).astype(np.float32)
    return x, rng.integers(0, max(2, outputs), 5)


def compiled(outputs=3, **changes):
    model = network(outputs)
    settings = replace(SETTINGS, **changes)
    compile_network(model, settings, settings.learning_rate)
    return model


def adam(weights, steps, decay=0.0, smoothing=0.0, rate=0.01):
    """AdamW on softmax regression, weights before and after each step."""
    weights = [weight.astype(np.float64) for weight in weights]
    first, second = ([np.zeros_like(weight) for weight in weights] for _ in range(2))
    seen = [weights]
    for step in range(1, steps + 1):
        x, y = batch(step)
        logits = x @ weights[0] + weights[1]
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        target = np.eye(3)[y] * (1 - smoothing) + smoothing / 3
        by_logits = (p - target) / len(x)
        weights = [weights[0] * (1 - rate * decay), weights[1]]
        for number, gradient in enumerate((x.T @ by_logits, by_logits.sum(axis=0))):
            first[number] = 0.9 * first[number] + 0.1 * gradient
            second[number] = 0.999 * second[number] + 0.001 * gradient**2
            scale = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            weights[number] = weights[number] - scale * first[number] / (np.sqrt(second[number]) + 1e-7)
        seen.append(list(weights))
    return seen


@pytest.mark.parametrize("changes", [{}, {"weight_decay": 2.0}, {"label_smoothing": 0.3}])
def test_steps_are_those_of_adam_with_decoupled_decay_and_smoothed_labels(changes):
    model = compiled(**changes)
    decay, smoothing = changes.get("weight_decay", 0.0), changes.get("label_smoothing", 0.0)
    expected = adam(model.get_weights(), 6, decay, smoothing)[-1]
    for step in range(1, 7):
        model.train_on_batch(*batch(step))
    for found, wanted in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=1e-5)


def test_averages_are_exponential_and_leave_the_trained_weights():
    model = compiled(ema=0.8)
    seen = adam(model.get_weights(), 6)[1:]
    for step in range(1, 7):
        model.train_on_batch(*batch(step))
    trained = model.get_weights()
    np.testing.assert_allclose(trained[0], seen[-1][0], rtol=2e-4, atol=1e-5)
    average = seen[0][0]
    for weights in seen[1:]:
        average = 0.8 * average + 0.2 * weights[0]
    model.optimizer.use_averages(model.trainable_variables)
    np.testing.assert_allclose(model.get_weights()[0], average, rtol=2e-4, atol=1e-5)
    assert np.abs(average - trained[0]).max() > 1e-3


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_loss_is_the_cross_entropy_with_smoothed_labels(outputs, smoothing):
    model = compiled(outputs, label_smoothing=smoothing)
    x, y = batch(0, outputs)
    weights = np.array([1.0, 2.0, 0.5, 1.0, 3.0], np.float32)
    p = model.predict(x, verbose=0).astype(np.float64)
    if outputs == 1:
        p = np.concatenate([1 - p, p], axis=1)
    target = np.eye(p.shape[1])[y] * (1 - smoothing) + smoothing / p.shape[1]
    expected = (-(target * np.log(p)).sum(axis=1) * weights).mean()
    found = model.evaluate(x, y, sample_weight=weights, batch_size=5, verbose=0)[0]
    assert found == pytest.approx(expected, rel=1e-4)


def test_nothing_but_kernels_and_filters_decays():
    kept = {"bias", "beta", "gamma", "log_decay", "skip", "step_bias"}
    shrunk = {"kernel", "real", "imag", "projection", "step_kernel", "mix_in", "mix_out"}
    for variant in ("bilinear", "spectral_compact", "medmamba"):
        for variable in build_model(variant, (32, 32, 1), 3).trainable_variables:
            assert variable.name in (shrunk if decays(variable) else kept), variable.path


def test_the_head_alone():
    model = build_model("random_filter", (16, 16, 1), 3)
    before = [layer.trainable for layer in model.layers]
    with head_alone(model):
        assert [each.path for each in model.trainable_variables] == ["logits/kernel", "logits/bias"]
    assert [layer.trainable for layer in model.layers] == before
    assert not model.get_layer("spectral_filter1").trainable
