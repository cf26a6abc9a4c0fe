"""The decisions are those of Keras' own callbacks."""

import math
from dataclasses import replace
from functools import cache
from itertools import pairwise

import keras
import numpy as np
import pytest

from s3f_pipeline.errors import TrainingError
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.training.history import PLATEAU_DELTA, best_epoch, next_learning_rate, stops_early

SETTINGS = TrainingSettings(learning_rate=3e-4, epochs=200, reduce_lr_patience=2, min_learning_rate=1e-6)
TIES = [0.5, 0.7, 0.7, 0.7, 0.6, 0.7, 0.7]
EQUAL_IN_FLOAT32 = [0.7, 0.7 + 1e-9, 0.7 + 2e-9, 0.7 + 3e-9, 0.8]
AROUND_MIN_DELTA = [
    1.0,
    1.0 - 1e-4,
    1.0 - 1.01e-4,
    1.0 - 2e-4,
    1.0 - 2.02e-4,
    1.0 - 3e-4,
    0.5,
    0.5 - 1e-4,
    0.5,
]
CRAWLING_DOWN = [1.0 - 5e-5 * step for step in range(12)]


def random_histories():
    rng = np.random.default_rng(0)
    for _ in range(5):
        yield rng.integers(0, 4, 30) / 4  # many ties
        yield rng.random(30)
        yield 0.5 + rng.normal(0, 1e-4, 30)  # steps of about min_delta
        yield 0.5 + rng.normal(0, 5e-8, 30)  # steps of about the last digit of a float32


HISTORIES = [
    *([0.3], TIES, EQUAL_IN_FLOAT32, AROUND_MIN_DELTA, CRAWLING_DOWN, [0.0] * 8, [-1.0, -1.0, -0.5] * 3),
    *(values.tolist() for values in random_histories()),
]


def rows(name, values):
    return [{name: value} for value in values]


@cache
def network():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(SETTINGS.learning_rate), "mse")
    return model


def epochs_of_keras(values, patience):
    """How many epochs Keras' ``EarlyStopping`` lets run."""
    stopping = keras.callbacks.EarlyStopping(monitor="f1", mode="max", patience=patience)
    stopping.set_model(model := network())
    model.stop_training = False
    stopping.on_train_begin()
    for epoch, value in enumerate(values):
        stopping.on_epoch_end(epoch, {"f1": value})
        if model.stop_training:
            return epoch + 1, True
    return len(values), False


def rates_of_keras(losses, settings):
    """The learning rate after each epoch, by Keras' ``ReduceLROnPlateau``."""
    plateau = keras.callbacks.ReduceLROnPlateau(
        monitor="selection_loss", mode="min", factor=settings.reduce_lr_factor,
        patience=settings.reduce_lr_patience, min_lr=settings.min_learning_rate,
    )  # fmt: skip
    plateau.set_model(model := network())
    model.optimizer.learning_rate = settings.learning_rate
    plateau.on_train_begin()
    rates = []
    for epoch, loss in enumerate(losses):
        plateau.on_epoch_end(epoch, {"selection_loss": loss})
        rates.append(float(np.asarray(model.optimizer.learning_rate)))
    return rates


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_training_stops_when_keras_would_stop_it(patience):
    stopped = 0
    for values in HISTORIES:
        ended = (
            epoch
            for epoch in range(1, len(values) + 1)
            if stops_early(rows("f1", values[:epoch]), "f1", patience)
        )
        first = next(ended, None)
        assert (first or len(values), first is not None) == epochs_of_keras(values, patience)
        stopped += first is not None
    assert stopped > 10


@pytest.mark.parametrize("patience", [1, 2, 4])
@pytest.mark.parametrize(
    ("factor", "rate", "least"),
    [
        (0.2, 3e-4, 1e-6),
        (0.5, 1.0, 0.25),
        (0.1, 1e-3, 3e-4),
        (0.9, 3e-4, 0.0),
        (0.2, 1e-6, 1e-6),
        (0.2, 1e-7, 1e-6),
    ],
)
def test_the_learning_rate_is_that_of_keras_to_the_bit(factor, rate, least, patience):
    settings = replace(
        SETTINGS, learning_rate=rate, reduce_lr_factor=factor, min_learning_rate=least,
        reduce_lr_patience=patience,
    )  # fmt: skip
    for losses in HISTORIES:
        history = rows("selection_loss", losses)
        rates = [next_learning_rate(history[:epoch], settings) for epoch in range(1, len(losses) + 1)]
        assert rates == rates_of_keras(losses, settings)


def test_the_histories_reduce_the_rate_and_reach_the_least_one():
    rates = [next_learning_rate(rows("selection_loss", losses), SETTINGS) for losses in HISTORIES]
    assert float(np.float32(3e-4)) in rates
    assert float(np.float32(1e-6)) in rates
    assert any(1e-6 < rate < 2e-4 for rate in rates)


def test_a_loss_must_fall_by_more_than_the_least_change():
    for lower, expected in ((PLATEAU_DELTA / 2, 1.5e-4), (PLATEAU_DELTA * 2, 3e-4)):
        losses = [1.0, 1.0 - lower]
        assert all(first > second for first, second in pairwise(losses))
        settings = replace(SETTINGS, reduce_lr_patience=1, reduce_lr_factor=0.5)
        assert next_learning_rate(rows("selection_loss", losses), settings) == float(np.float32(expected))


def test_the_best_epoch_is_the_first_of_equals_and_float64_decides():
    assert best_epoch(rows("f1", TIES), "f1") == 2
    assert best_epoch(rows("f1", EQUAL_IN_FLOAT32[:-1]), "f1") == 4


def test_without_patience_training_never_stops_early():
    assert not stops_early(rows("f1", [0.5] * 100), "f1", None)
    assert not stops_early([], "f1", 1)


def test_steps_are_of_the_whole_training():
    settings = replace(
        SETTINGS, epochs=3, learning_rate=1.0, learning_rate_schedule="steps", reduce_lr_factor=0.1
    )
    rates = [next_learning_rate([{}] * epochs, settings) for epochs in range(4)]
    assert rates == pytest.approx([1.0, 1.0, 0.1, 0.01])


@pytest.mark.parametrize("figure", [math.nan, math.inf, -math.inf])
def test_a_figure_that_is_no_number_decides_nothing(figure):
    history = rows("selection_loss", [0.5, figure])
    for decide in (
        lambda: best_epoch(history, "selection_loss"),
        lambda: stops_early(history, "selection_loss", 1),
        lambda: next_learning_rate(history, SETTINGS),
    ):
        with pytest.raises(TrainingError, match=r"selection_loss of epoch 2 is (nan|-?inf)"):
            decide()
