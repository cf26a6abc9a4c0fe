"""Train one network as S3F-Net was trained, and keep its best epoch."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd

from s3f_pipeline.backend.devices import jit_compile
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training.batches import ImageBatches, balanced_class_weights
from s3f_pipeline.training.callbacks import KeepBest, MeasureSelection, TellEpoch
from s3f_pipeline.training.settings import TrainingSettings


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
) -> Trained:
    """Train a network.

    Adam with balanced class weights; the learning rate is reduced when the selection loss stalls,
    training stops when the selection metric does, and the epoch with the best selection metric is kept
    (S3F-Net notebooks, sec. "Data and training").

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

    Raises:
        TrainingError: If the loss is no longer a number.
    """
    sigmoid = model.output_shape[-1] == 1
    weights = class_weights(settings.class_weights, training.labels, len(classes))
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss="binary_crossentropy" if sigmoid else "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile(),
    )
    batches = ImageBatches(
        images,
        training.rows,
        labels=training.labels,
        batch_size=settings.batch_size,
        seed=seed,
        sample_weights=weights[training.labels].astype(np.float32),
    )
    metric = f"selection_{settings.selection_metric}"
    best = KeepBest(metric)
    tell = TellEpoch(settings.epochs, metric, report)
    stopping = keras.callbacks.EarlyStopping(
        monitor=metric, mode="max", patience=settings.early_stopping_patience
    )
    measure = MeasureSelection(
        images,
        selection.rows,
        selection.labels,
        num_classes=len(classes),
        positive=classes.index(positive_class) if positive_class else None,
        batch_size=settings.batch_size,
    )
    reduce_rate = keras.callbacks.ReduceLROnPlateau(
        monitor="selection_loss",
        mode="min",
        factor=settings.reduce_lr_factor,
        patience=settings.reduce_lr_patience,
        min_lr=settings.min_learning_rate,
    )
    model.fit(
        batches,
        epochs=settings.epochs,
        shuffle=False,
        verbose=1 if sys.stdout.isatty() else 0,
        callbacks=[measure, best, stopping, reduce_rate, tell],
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


def class_weights(kind: str, labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Weight of each class in the loss, float64 of shape (num_classes,)."""
    if kind == "balanced":
        return balanced_class_weights(labels, num_classes)
    return np.ones(num_classes)
