"""What happens at the end of each epoch."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from s3f_pipeline.durations import duration
from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.training.history import best_epoch, next_learning_rate, stops_early
from s3f_pipeline.training.kept_weights import KeptWeights
from s3f_pipeline.training.measure import SelectionFigures, require_numbers
from s3f_pipeline.training.resume import KeptStates
from s3f_pipeline.training.state import TrainingState

logger = logging.getLogger(__name__)
Report = Callable[[int, dict[str, float]], None]
"""Called at the end of each epoch with its number, from 1, and its figures."""


class EndOfEpoch(keras.callbacks.Callback):
    """Measure, decide what follows, keep the state, and tell; an epoch that is told of is kept.

    Args:
        selection: Measures the selection split.
        kept_weights: What of a network is validated and kept, made anew where training sets out.
        settings: How to train.
        states: Where the state is kept.
        circumstances: What the bits depend on besides; part of the state.
        report: Called with each epoch.

    Attributes:
        metric: The figure that decides which epoch is the best.
        history: One row of figures per epoch.
        best_weights: Those kept of the best epoch.
    """

    def __init__(
        self,
        selection: SelectionFigures,
        kept_weights: Callable[[keras.Model, TrainingSettings], KeptWeights],
        settings: TrainingSettings,
        states: KeptStates,
        circumstances: Mapping[str, str],
        report: Report,
    ) -> None:
        """Begin without an epoch."""
        super().__init__()
        self.metric = f"selection_{settings.selection_metric}"
        self.history: list[dict[str, float]] = []
        self.best_weights: list[np.ndarray] = []
        self._selection = selection
        self._make_kept_weights = kept_weights
        self._settings = settings
        self._states = states
        self._circumstances = dict(circumstances)
        self._report = report

    @property
    def stops(self) -> bool:
        """Whether the epochs so far end the training early."""
        return stops_early(self.history, self.metric, self._settings.early_stopping_patience)

    def go_on_from(self, state: TrainingState, model: keras.Model) -> None:
        """Put everything back, and tell of the last epoch once more: it may have been kept, and not told.

        Args:
            state: Of the same training.
            model: Compiled, and its optimizer built.
        """
        for variable, value in zip(_variables(model), state.variables, strict=True):
            variable.assign(value)
        self.history, self.best_weights = list(state.history), list(state.best_weights)
        self._report(state.epoch, _figures(self.history[-1]))

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Note which layers are trained from here on."""
        self._kept_weights = self._make_kept_weights(self.model, self._settings)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock, and note the learning rate before anything changes it."""
        self._began = time.perf_counter()
        self._learning_rate = float(np.asarray(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Do all of it; ``epoch`` counts from 0.

        Raises:
            TrainingError: If the training loss or an output is no longer a number.
        """
        with self._kept_weights.in_place():
            measured, weights = self._selection.measure(), self.model.get_weights()
        figures = {name: float(value) for name, value in (logs or {}).items()} | measured
        require_numbers(epoch + 1, self._learning_rate, figures["loss"], figures["selection_loss"])
        with self._states.whole_epoch():
            seconds = time.perf_counter() - self._began
            timing = {"learning_rate": self._learning_rate, "seconds": seconds}
            self.history.append({"epoch": epoch + 1, **figures, **timing})
            if best_epoch(self.history, self.metric) == epoch + 1:
                self.best_weights = weights
            self.model.optimizer.learning_rate.assign(next_learning_rate(self.history, self._settings))
            self.model.stop_training = self.stops
            self._states.keep(self._state)
            self._tell()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Keep the last state: what comes after training may be cut off as well."""
        self._states.keep_last(self._state)

    def _state(self) -> TrainingState:
        variables = [keras.ops.convert_to_numpy(variable) for variable in _variables(self.model)]  # copies
        return TrainingState(list(self.history), variables, self.best_weights, self._circumstances)

    def _tell(self) -> None:
        row, epochs = self.history[-1], self._settings.epochs
        without_compilation = self.history[1:] or self.history
        left = np.mean([each["seconds"] for each in without_compilation]) * (epochs - len(self.history))
        logger.info(
            "Epoch %d/%d: loss %.4f, accuracy %.4f; selection: loss %.4f, %s %.4f; %.0f s, about %s left",
            row["epoch"],
            epochs,
            row["loss"],
            row["accuracy"],
            row["selection_loss"],
            metric_name(self._settings.selection_metric),
            row[self.metric],
            row["seconds"],
            duration(float(left)),
        )
        self._report(len(self.history), _figures(row))


def _figures(row: Mapping[str, float]) -> dict[str, float]:
    return {name: figure for name, figure in row.items() if name != "epoch"}


def _variables(model: keras.Model) -> list[Any]:
    """Weights and random generators of a model, and the optimizer's variables with its learning rate."""
    return [*model.variables, *model.optimizer.variables]
