"""Train one network as S3F-Net was trained, and keep its best epoch."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from zlib import crc32

import keras
import numpy as np
import pandas as pd

from s3f_pipeline.backend.devices import jit_compile
from s3f_pipeline.backend.distribution import ONE_DEVICE, Spread, require_agreement
from s3f_pipeline.backend.memory import is_out_of_memory
from s3f_pipeline.errors import TrainingError
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training.batches import ImageBatches, balanced_class_weights
from s3f_pipeline.training.callbacks import KeepBest, MeasureSelection, ReduceAtSteps, TellEpoch
from s3f_pipeline.training.resume import KeepState
from s3f_pipeline.training.state import StateFolder, TrainingState

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
    report: Callable[[int, dict[str, float]], None] = lambda epoch, figures: None,
    states: StateFolder | None = None,
    circumstances: Mapping[str, str] = MappingProxyType({}),
    spread: Spread = ONE_DEVICE,
) -> Trained:
    """Train a network.

    Adam; the learning rate is reduced when the selection loss stalls, or in steps; training stops when the
    selection metric stalls, and the epoch with the best one is kept (S3F-Net notebooks, sec. "Data and
    training").

    Args:
        model: A freshly built network.
        images: uint8 of shape (N, H, W, C), usually memory-mapped.
        training: The images to learn from.
        selection: The images on which the epoch is chosen.
        classes: Class names in the order of the outputs.
        settings: How to train.
        seed: Of the batch order.
        positive_class: What a sigmoid output stands for.
        report: Called at the end of each epoch with its number, from 1, and its figures.
        states: Where the state of this very training is kept; the last one is gone on from, and on the CPU
            the result is what it would have been without an interruption, to the bit.
        circumstances: What the bits depend on besides, such as the device; a difference between the state
            and now is a warning.
        spread: What batches are spread over, as ``spread_batches`` gives it; with several processes all call
            this function alike, and the first one writes the states.

    Raises:
        TrainingError: If the loss is no longer a number, or the device's memory does not suffice.
    """
    sigmoid = model.output_shape[-1] == 1
    accuracy = keras.metrics.BinaryAccuracy if sigmoid else keras.metrics.SparseCategoricalAccuracy
    weights = class_weights(settings.class_weights, training.labels, len(classes))
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss="binary_crossentropy" if sigmoid else "sparse_categorical_crossentropy",
        metrics=[accuracy(name="accuracy")],
        jit_compile=jit_compile(),
    )
    model.optimizer.build(model.trainable_variables)  # TensorFlow would trace a step twice to create them
    state = states.latest() if states else None
    done = state.epoch if state else 0
    require_agreement(
        {
            "state to go on from": done,
            "images": crc32(b"".join(array.tobytes() for array in (*training, *selection))),
            "settings": crc32(repr((settings, seed)).encode()),
        }
    )
    batches = ImageBatches(
        images,
        training.rows,
        labels=training.labels,
        batch_size=settings.batch_size,
        seed=seed,
        sample_weights=weights[training.labels].astype(np.float32),
        epoch=done,
        spread=spread,
        augmentation=settings.augmentation,
    )
    metric = f"selection_{settings.selection_metric}"
    best = KeepBest(metric)
    tell = TellEpoch(settings.epochs, metric, report)
    stopping = keras.callbacks.EarlyStopping(
        monitor=metric, mode="max", patience=settings.early_stopping_patience or settings.epochs
    )
    measure = MeasureSelection(
        images,
        selection.rows,
        selection.labels,
        num_classes=len(classes),
        positive=classes.index(positive_class) if positive_class else None,
        batch_size=max(1, settings.batch_size // spread.devices),
    )
    callbacks = [measure, best, stopping, _schedule(settings), tell]
    with ExitStack() as held:
        if states:
            keep = KeepState(states, callbacks, circumstances, process=spread.process)
            held.enter_context(keep)
            if state:
                _tell_where_it_goes_on(state, settings.epochs, circumstances)
                keep.restore(state, model)
            callbacks = [measure, keep.when_measured(), *callbacks[1:], keep]
        if done < settings.epochs and not (state and state.facts["stop"]):
            with memory_errors_explained(settings.batch_size):
                model.fit(
                    batches,
                    initial_epoch=done,
                    epochs=settings.epochs,
                    shuffle=False,
                    verbose=1 if sys.stdout.isatty() else 0,
                    callbacks=callbacks,
                )
    if stopping.stopped_epoch:
        logger.info(
            "Stopped early: no better %s in %d epochs",
            settings.selection_metric,
            settings.early_stopping_patience,
        )
    kept = keras.models.clone_model(model)  # without optimizer state, which would triple its file
    kept.set_weights(best.weights)
    facts = {
        "epochs_run": len(tell.history),
        "selected_epoch": best.epoch,
        "selected_value": best.value,
        "stopped": "early stopping" if stopping.stopped_epoch else "all epochs",
        "class_weights": dict(zip(classes, weights.tolist(), strict=True)),
    }
    return Trained(kept, pd.DataFrame(tell.history), facts)


def _schedule(settings: TrainingSettings) -> keras.callbacks.Callback:
    match settings.learning_rate_schedule:
        case "constant":
            return keras.callbacks.Callback()
        case "steps":
            return ReduceAtSteps(settings.learning_rate, settings.reduce_lr_factor, settings.epochs)
        case _:
            return keras.callbacks.ReduceLROnPlateau(
                monitor="selection_loss",
                mode="min",
                factor=settings.reduce_lr_factor,
                patience=settings.reduce_lr_patience,
                min_lr=settings.min_learning_rate,
            )


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
        before = state.facts.get(name)
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
