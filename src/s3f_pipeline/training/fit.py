"""Train one network as S3F-Net was trained, and keep its best epoch."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any
from zlib import crc32

import keras
import numpy as np
import pandas as pd

from s3f_pipeline.backend.distribution import ONE_DEVICE, Spread, require_agreement
from s3f_pipeline.backend.memory import is_out_of_memory
from s3f_pipeline.errors import TrainingError
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training.batches import ImageBatches, balanced_class_weights
from s3f_pipeline.training.epochs import EndOfEpoch, Report
from s3f_pipeline.training.history import best_epoch, next_learning_rate
from s3f_pipeline.training.kept_weights import KeptWeights, statistics_sample
from s3f_pipeline.training.measure import SelectionFigures
from s3f_pipeline.training.optimisation import compile_network, head_alone
from s3f_pipeline.training.resume import KeptStates
from s3f_pipeline.training.state import StateFolder, TrainingState
from s3f_pipeline.training.statistics import set_momentum

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A trained network and how it came about.

    Attributes:
        model: The network with the weights of the kept epoch, not compiled.
        history: One row per epoch: ``epoch`` (from 1), ``learning_rate``, ``loss``, ``accuracy``,
            ``selection_…`` figures, ``seconds``.
        facts: ``epochs_run``, ``selected_epoch``, ``selected_value``, ``stopped``, ``class_weights``.
    """

    model: keras.Model
    history: pd.DataFrame
    facts: dict[str, Any]


def fit(
    model: keras.Model,
    images: np.ndarray,
    training: SplitRows,
    selection: SplitRows,
    classes: Sequence[str],
    settings: TrainingSettings,
    *,
    seed: int,
    positive_class: str | None = None,
    report: Report = lambda epoch, figures: None,
    states: StateFolder | None = None,
    circumstances: Mapping[str, str] = MappingProxyType({}),
    spread: Spread = ONE_DEVICE,
) -> Trained:
    """Train a network by Adam or AdamW; ``history`` says what is decided after each epoch.

    As in S3F-Net's notebooks, sec. "Data and training".

    Args:
        model: A freshly built network.
        images: uint8 of shape (N, H, W, C), usually memory-mapped.
        training: The images to learn from.
        selection: The images on which the epoch is chosen.
        classes: Class names in the order of the outputs.
        settings: How to train.
        seed: Of the batch order.
        positive_class: What a sigmoid output stands for.
        report: Called with the number, from 1, and the figures of each epoch; again with the last one when
            training goes on.
        states: Where the state of this very training is kept; the last one is gone on from, and on the CPU
            the result is what it would have been without an interruption, to the bit.
        circumstances: What the bits depend on besides, such as the device; a difference is a warning.
        spread: As ``spread_batches`` gives it; several processes all call this function alike.

    Raises:
        TrainingError: If the loss is no longer a number, or the device's memory does not suffice.
    """
    weights = class_weights(settings.class_weights, training.labels, len(classes))
    set_momentum(model, settings.batch_norm_momentum)
    state = states.latest() if states else None
    _require_agreement(state, training, selection, settings, seed)
    make_batches = partial(
        ImageBatches, images, training.rows, labels=training.labels, batch_size=settings.batch_size,
        seed=seed, sample_weights=weights[training.labels].astype(np.float32),
        augmentation=settings.augmentation, spread=spread,
    )  # fmt: skip
    measure = SelectionFigures(
        model, images, selection, num_classes=len(classes),
        positive=classes.index(positive_class) if positive_class else None,
        batch_size=max(1, settings.batch_size // spread.devices),
    )  # fmt: skip
    sample = statistics_sample(training.rows, settings, seed)
    kept_weights = partial(KeptWeights, images=images, sample=sample)
    with KeptStates(states, spread.process) as kept:
        epochs = EndOfEpoch(measure, kept_weights, settings, kept, circumstances, report)
        if state:
            _tell_where_it_goes_on(state, settings.epochs, circumstances)
        _train(model, make_batches, epochs, settings, state)
    return _trained(model, epochs, settings, dict(zip(classes, weights.tolist(), strict=True)))


def _require_agreement(
    state: TrainingState | None,
    training: SplitRows,
    selection: SplitRows,
    settings: TrainingSettings,
    seed: int,
) -> None:
    """Check that all processes begin alike."""
    require_agreement(
        {
            "state to go on from": state.epoch if state else 0,
            "images": crc32(b"".join(array.tobytes() for array in (*training, *selection))),
            "settings": crc32(repr((settings, seed)).encode()),
        }
    )


def _train(
    model: keras.Model,
    make_batches: Callable[..., ImageBatches],
    epochs: EndOfEpoch,
    settings: TrainingSettings,
    state: TrainingState | None,
) -> None:
    """Train the head alone, if that is asked for, and then all of the network."""
    frozen = min(settings.frozen_epochs, settings.epochs)
    if frozen and (state is None or state.epoch <= frozen):
        with head_alone(model):
            _run(model, make_batches, epochs, settings, state, last=frozen)
        state = None
    if frozen < settings.epochs:
        _run(model, make_batches, epochs, settings, state, last=settings.epochs)


def _run(
    model: keras.Model,
    make_batches: Callable[..., ImageBatches],
    epochs: EndOfEpoch,
    settings: TrainingSettings,
    state: TrainingState | None,
    last: int,
) -> None:
    """Run the epochs that are left until the last one, with one optimizer."""
    compile_network(model, settings, next_learning_rate(epochs.history, settings))
    if state:
        epochs.go_on_from(state, model)
    done = len(epochs.history)
    if done >= last or epochs.stops:
        return
    with memory_errors_explained(settings.batch_size):
        model.fit(
            make_batches(epoch=done),
            initial_epoch=done,
            epochs=last,
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 0,
            callbacks=[epochs],
        )


def _trained(
    model: keras.Model, epochs: EndOfEpoch, settings: TrainingSettings, weights: dict[str, float]
) -> Trained:
    """Take the best epoch, and say how it was chosen."""
    if epochs.stops:
        logger.info(
            "Stopped early: no better %s in %d epochs",
            settings.selection_metric,
            settings.early_stopping_patience,
        )
    kept = type(model).from_config(model.get_config())  # without optimizer, which would triple its file
    kept.set_weights(epochs.best_weights)
    best = best_epoch(epochs.history, epochs.metric)
    facts = {
        "epochs_run": len(epochs.history),
        "selected_epoch": best,
        "selected_value": epochs.history[best - 1][epochs.metric],
        "stopped": "early stopping" if epochs.stops else "all epochs",
        "class_weights": weights,
    }
    return Trained(kept, pd.DataFrame(epochs.history), facts)


@contextmanager
def memory_errors_explained(batch_size: int) -> Iterator[None]:
    """Turn a failure for want of memory into one message.

    Raises:
        TrainingError: In its place.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise TrainingError(
            f"The memory of the device does not suffice for {batch_size} images per step. Try "
            f"--params=training.batch_size={max(1, batch_size // 2)}, or a smaller image_size."
        ) from error


def _tell_where_it_goes_on(state: TrainingState, epochs: int, circumstances: Mapping[str, str]) -> None:
    logger.info("Going on after epoch %d of at most %d.", state.epoch, epochs)
    for name, now in circumstances.items():
        before = state.circumstances.get(name)
        if before != now:
            logger.warning(
                "The first epochs were trained with another %s (%s, now %s): the result will not be the same "
                "to the bit as without the interruption.",
                name,
                before,
                now,
            )


def class_weights(kind: str, labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Weight of each class in the loss, float64 of shape (num_classes,)."""
    if kind == "balanced":
        return balanced_class_weights(labels, num_classes)
    return np.ones(num_classes)
