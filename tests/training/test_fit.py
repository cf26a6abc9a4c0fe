import os
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from s3f_pipeline.errors import TrainingError
from s3f_pipeline.evaluation.metrics import cross_entropy
from s3f_pipeline.models import build_model
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training.fit import fit, memory_errors_explained
from s3f_pipeline.training.prediction import Predictor, as_probabilities

CLASSES = ("dark", "bright")


SETTINGS = TrainingSettings(
    learning_rate=0.05,
    batch_size=8,
    epochs=6,
    selection_metric="macro_f1",
    early_stopping_patience=10,
    reduce_lr_patience=10,
)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 110, (48, 4, 4, 1), dtype=np.uint8)
    images[24:] += 110
    return images


def split(first, second):
    rows = np.array([*range(first, second), *range(24 + first, 24 + second)])
    return SplitRows(rows, (rows >= 24).astype(np.int64))


def network(outputs):
    keras.utils.set_random_seed(0)
    head = keras.layers.Dense(outputs, activation="softmax" if outputs > 1 else "sigmoid")
    return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), head])


def train(images, outputs=2, positive_class=None, **changes):
    told = []
    trained = fit(
        network(outputs),
        images,
        split(0, 16),
        split(16, 24),
        CLASSES,
        replace(SETTINGS, **changes),
        seed=0,
        positive_class=positive_class,
        report=lambda epoch, figures: told.append((epoch, figures)),
    )
    return trained, told


@pytest.mark.parametrize(("outputs", "positive"), [(2, None), (1, "bright")])
def test_it_learns_and_tells(images, outputs, positive):
    trained, told = train(images, outputs, positive)
    accuracy = trained.history["selection_accuracy"]
    assert accuracy.max() > 0.8 > accuracy.iloc[0]
    assert [epoch for epoch, _ in told] == list(range(1, 7)) == trained.history["epoch"].tolist()
    assert ("selection_positive_f1" in trained.history) == (positive is not None)


def test_the_kept_weights_are_those_of_the_best_epoch(images):
    trained, _ = train(images, learning_rate=0.005)
    history = trained.history.set_index("epoch")
    best = trained.facts["selected_epoch"]
    assert best == history["selection_macro_f1"].idxmax()
    selection = split(16, 24)
    again = Predictor(trained.model).of_rows(images, selection.rows, 8)
    accuracy = (again.argmax(axis=1) == selection.labels).mean()
    assert accuracy == pytest.approx(history.loc[best, "selection_accuracy"])


def test_it_stops_early(images, caplog):
    caplog.set_level("INFO")
    trained, _ = train(images, epochs=50, early_stopping_patience=2)
    assert "Stopped early: no better macro_f1 in 2 epochs" in caplog.messages
    assert trained.facts["stopped"] == "early stopping"
    assert trained.facts["epochs_run"] == trained.facts["selected_epoch"] + 2


def test_the_learning_rate_is_reduced(images):
    trained, _ = train(images, epochs=8, learning_rate=3.0, reduce_lr_patience=1)
    rates = trained.history["learning_rate"]
    assert rates.iloc[0] == pytest.approx(3.0)
    assert rates.iloc[-1] < 1.0


def test_the_learning_rate_falls_after_half_and_three_quarters_of_the_epochs(images):
    trained, _ = train(
        images, epochs=8, learning_rate=1.0, learning_rate_schedule="steps", reduce_lr_factor=0.1
    )
    assert trained.history["learning_rate"].tolist() == pytest.approx([1.0] * 4 + [0.1] * 2 + [0.01] * 2)


@pytest.mark.parametrize(("epochs", "rates"), [(2, [1.0, 0.1]), (3, [1.0, 1.0, 0.1])])
def test_halves_and_quarters_of_epochs_are_rounded_up(epochs, rates, images):
    trained, _ = train(
        images, epochs=epochs, learning_rate=1.0, learning_rate_schedule="steps", reduce_lr_factor=0.1
    )
    assert trained.history["learning_rate"].tolist() == pytest.approx(rates)


def test_a_constant_learning_rate_is_trained_to_the_end(images):
    trained, _ = train(
        images, epochs=8, learning_rate=3.0, learning_rate_schedule="constant", early_stopping_patience=None,
        reduce_lr_patience=1,
    )  # fmt: skip
    assert trained.history["learning_rate"].tolist() == [3.0] * 8
    assert trained.facts["stopped"] == "all epochs"


def test_the_learning_rate_rises_during_the_warm_up(images):
    trained, _ = train(
        images, epochs=5, learning_rate=1.0, learning_rate_schedule="constant", warmup_epochs=3
    )
    assert trained.history["learning_rate"].tolist() == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])


def test_the_rate_of_the_schedule_is_what_rises(images):
    trained, _ = train(
        images, epochs=4, learning_rate=1.0, learning_rate_schedule="steps", reduce_lr_factor=0.1,
        warmup_epochs=3,
    )  # fmt: skip
    assert trained.history["learning_rate"].tolist() == pytest.approx([0.25, 0.5, 0.075, 0.01])


def test_the_area_under_the_curve_can_decide(images):
    trained, _ = train(images, selection_metric="auc")
    history = trained.history.set_index("epoch")
    assert trained.facts["selected_epoch"] == history["selection_auc"].idxmax()
    probabilities = Predictor(trained.model).of_rows(images, split(16, 24).rows, 8)
    expected = roc_auc_score(split(16, 24).labels, probabilities[:, 1])
    assert trained.facts["selected_value"] == pytest.approx(expected)


def test_the_same_seed_gives_the_same_weights(images):
    first, second = (train(images)[0].model.get_weights() for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def small_network():
    keras.utils.set_random_seed(0)
    return build_model("spectral", (4, 4, 1), 2)


def fitted(model, images, **changes):
    settings = replace(SETTINGS, learning_rate=0.005, **changes)
    return fit(model, images, split(0, 16), split(16, 24), CLASSES, settings, seed=0)


@pytest.mark.parametrize("changes", [{"ema": 0.9}, {"batch_norm_statistics": "re-estimated"}])
def test_the_kept_weights_are_the_ones_that_were_validated(images, changes):
    trained = fitted(small_network(), images, **changes)
    plain = fitted(small_network(), images)
    columns = ["loss", "accuracy"]
    assert trained.history[columns].equals(plain.history[columns]), "training itself stays what it was"
    assert not trained.history["selection_loss"].equals(plain.history["selection_loss"])
    row = trained.history.set_index("epoch").loc[trained.facts["selected_epoch"]]
    selection = split(16, 24)
    probabilities = Predictor(trained.model).of_rows(images, selection.rows, 8)
    assert cross_entropy(selection.labels, probabilities) == pytest.approx(row["selection_loss"], abs=1e-12)


def test_re_estimated_statistics_of_the_kept_network_are_those_of_training_images(images):
    trained = fitted(small_network(), images, batch_norm_statistics="re-estimated", batch_norm_images=32)
    norm = trained.model.get_layer("spectral_filter1_norm")
    assert norm.momentum == 0.99
    mean = norm.moving_mean.numpy()
    filtered = keras.Model(trained.model.input, trained.model.get_layer("spectral_filter1").output)
    x = filtered.predict(images[split(0, 16).rows] / np.float32(255), verbose=0)
    np.testing.assert_allclose(mean, x.mean((0, 1, 2)), rtol=1e-4, atol=1e-5)


def test_the_momentum_of_batch_normalisation(images):
    trained = fitted(small_network(), images, epochs=1, batch_norm_momentum=0.5)
    assert trained.model.get_layer("spectral_norm1").momentum == 0.5
    usual = fitted(small_network(), images, epochs=1)
    columns = ["loss", "selection_loss"]
    assert (trained.history[columns] == usual.history[columns]).to_numpy().tolist() == [[True, False]]


def test_frozen_epochs_train_the_head_alone_and_then_all(images):
    model = small_network()
    before = {weight.path: np.asarray(weight) for weight in model.weights}
    frozen = fitted(model, images, epochs=3, frozen_epochs=3)
    named = zip(before, frozen.model.weights, strict=True)
    changed = {path for path, weight in named if not np.array_equal(before[path], weight)}
    assert changed == {"logits/kernel", "logits/bias"}
    unfrozen = fitted(small_network(), images, epochs=4, frozen_epochs=3)
    columns = ["loss", "selection_loss"]
    assert unfrozen.history[columns][:3].equals(frozen.history[columns])
    assert model.get_layer("spectral_filter1").trainable


def test_it_trains_on_jax():
    """The same tests in a process of its own with the other backend."""
    arguments = ["-q", "-p", "no:cacheprovider", f"{__file__}::test_it_learns_and_tells"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_broken_training_says_when_and_what_to_do(images):
    with pytest.raises(
        TrainingError, match=r"epoch 1 with a learning rate of inf: the loss.*Lower the learning rate"
    ):
        train(images, learning_rate=float("inf"))


def test_sigmoid_outputs_become_two_columns():
    probabilities = as_probabilities(np.array([[0.25], [1.0]], np.float32))
    np.testing.assert_array_equal(probabilities, [[0.75, 0.25], [0.0, 1.0]])


def test_softmax_outputs_sum_to_one_in_float64():
    outputs = np.array([[0.3333333, 0.6666666]], np.float32)
    assert as_probabilities(outputs).sum() == pytest.approx(1.0, abs=1e-15)


def test_too_little_memory_is_one_message():
    words = r"does not suffice for 16 images per step.*batch_size=8, or a smaller image_size"
    with pytest.raises(TrainingError, match=words), memory_errors_explained(16):
        raise MemoryError
