"""What happens at the end of an epoch, in this order: measure, keep the best, tell."""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from s3f_pipeline.backend.distribution import agree
from s3f_pipeline.errors import TrainingError
from s3f_pipeline.evaluation.f1 import class_f1_scores, f1_scores
from s3f_pipeline.evaluation.metrics import cross_entropy, mean_auc
from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.training.prediction import Predictor

logger = logging.getLogger(__name__)


class MeasureSelection(keras.callbacks.Callback):
    """Predict the selection split once per epoch; all that decide on an epoch read these figures.

    Adds ``selection_loss``, ``selection_accuracy``, ``selection_macro_f1``, ``selection_weighted_f1``,
    where every class occurs ``selection_auc``, and for a cohort with a positive class
    ``selection_positive_f1`` to the logs of the epoch.

    Args:
        images: uint8 of shape (N, H, W, C).
        rows: Rows of the selection split.
        labels: Class number of each of ``rows``.
        num_classes: Number of classes.
        positive: Number of the positive class, ``None`` where there is none.
        batch_size: Images per step.
    """

    def __init__(
        self,
        images: np.ndarray,
        rows: np.ndarray,
        labels: np.ndarray,
        *,
        num_classes: int,
        positive: int | None,
        batch_size: int,
    ) -> None:
        """Remember what is measured."""
        super().__init__()
        self._images = images
        self._rows = rows
        self._labels = labels
        self._num_classes = num_classes
        self._positive = positive
        self._batch_size = batch_size

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Compile the forward pass."""
        self._predictor = Predictor(self.model)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure, and add to ``logs``.

        Raises:
            TrainingError: If the training loss or an output is no longer a number.
        """
        logs = {} if logs is None else logs
        probabilities = self._predictor.of_rows(self._images, self._rows, self._batch_size)
        rate = float(np.asarray(self.model.optimizer.learning_rate))
        if not (math.isfinite(logs["loss"]) and np.isfinite(probabilities).all()):
            raise TrainingError(
                f"Training broke down in epoch {epoch + 1} with a learning rate of {rate:g}: the loss is no "
                f"longer a number. Lower the learning rate "
                f"(--params=training.learning_rate={rate / 3:.0e}) or compute in float32 "
                f"(--params=training.precision=float32). The last state before is kept until a run "
                f"with other settings begins."
            )
        predicted = probabilities.argmax(axis=1)
        scores = f1_scores(self._labels, predicted, self._num_classes)
        figures = {"loss": cross_entropy(self._labels, probabilities), **scores}
        auc = mean_auc(self._labels, probabilities)
        if auc is not None:
            figures["auc"] = auc
        if self._positive is not None:
            by_class = class_f1_scores(self._labels, predicted, self._num_classes)
            figures["positive_f1"] = float(by_class[self._positive])
        logs.update({f"selection_{name}": value for name, value in agree(figures).items()})


class ReduceAtSteps(keras.callbacks.Callback):
    """Multiply the learning rate by ``factor`` after half, and again after three quarters, of the epochs.

    Halves and quarters of an epoch are rounded up.

    Args:
        learning_rate: At the start.
        factor: In (0, 1).
        epochs: Of the whole training.
    """

    def __init__(self, learning_rate: float, factor: float, epochs: int) -> None:
        """Remember what is reduced when."""
        super().__init__()
        self._learning_rate = learning_rate
        self._factor = factor
        self._steps = (math.ceil(epochs / 2), math.ceil(epochs * 3 / 4))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the rate of the next epoch; ``epoch`` counts from 0."""
        passed = sum(epoch + 1 >= step for step in self._steps)
        self.model.optimizer.learning_rate.assign(self._learning_rate * self._factor**passed)


class KeepBest(keras.callbacks.Callback):
    """Keep the weights of the epoch with the highest ``metric``; the earliest one of equals.

    Args:
        metric: Key of the epoch's logs.

    Attributes:
        epoch: Best epoch so far, counted from 1.
        value: Its metric.
        weights: Its weights.
    """

    def __init__(self, metric: str) -> None:
        """Start with nothing kept."""
        super().__init__()
        self._metric = metric
        self.weights: list[np.ndarray] = []
        self.epoch = 0
        self.value = -math.inf

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep the weights if this epoch is better than all before."""
        value = float((logs or {})[self._metric])
        if value > self.value:
            self.epoch, self.value = epoch + 1, value
            self.weights = self.model.get_weights()


class TellEpoch(keras.callbacks.Callback):
    """Record, log and report each epoch.

    Args:
        epochs: Most epochs there can be.
        metric: Key of the epoch's logs that decides which epoch is kept.
        report: Called with the epoch, counted from 1, and its figures.

    Attributes:
        history: Figures of every epoch so far.
    """

    def __init__(self, epochs: int, metric: str, report: Callable[[int, dict[str, float]], None]) -> None:
        """Start with an empty history."""
        super().__init__()
        self._epochs = epochs
        self._metric = metric
        self._report = report
        self._began = 0.0
        self.history: list[dict[str, float]] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock, and note the learning rate before anything changes it."""
        self._began = time.perf_counter()
        self._learning_rate = float(np.asarray(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the epoch."""
        figures = {name: float(value) for name, value in (logs or {}).items()}
        figures["learning_rate"] = self._learning_rate
        figures["seconds"] = time.perf_counter() - self._began
        self.history.append({"epoch": epoch + 1, **figures})
        without_compilation = self.history[1:] or self.history
        left = np.mean([row["seconds"] for row in without_compilation]) * (self._epochs - epoch - 1)
        logger.info(
            "Epoch %d/%d: loss %.4f, accuracy %.4f; selection: loss %.4f, %s %.4f; %.0f s, at most %s left",
            epoch + 1,
            self._epochs,
            figures["loss"],
            figures["accuracy"],
            figures["selection_loss"],
            metric_name(self._metric.removeprefix("selection_")),
            figures[self._metric],
            figures["seconds"],
            readable_duration(float(left)),
        )
        self._report(epoch + 1, figures)


def readable_duration(seconds: float) -> str:
    """Write a duration as a person would: ``40 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
