"""Write the state of a training now and then, and put it back."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np

from s3f_pipeline.processes import ALONE, Process
from s3f_pipeline.signals import HeldSignals, signals_wait
from s3f_pipeline.training.callbacks import KeepBest, TellEpoch
from s3f_pipeline.training.state import StateFolder, TrainingState

COST_SHARE = 0.01
"""Copying states, and writing them, each take at most this share of the time, after the first one."""
LONGEST_WAIT = 10.0
"""Seconds of an epoch for whose end a signal may wait, where copying every epoch would take too much time."""
REMEMBERED: Mapping[type[keras.callbacks.Callback], Sequence[str]] = {
    keras.callbacks.EarlyStopping: ("best", "wait", "stopped_epoch"),
    keras.callbacks.ReduceLROnPlateau: ("best", "wait", "cooldown_counter"),
    KeepBest: ("epoch", "value"),
    TellEpoch: ("history",),
}
"""What each kind of callback must remember; the weights of ``KeepBest`` are arrays."""
logger = logging.getLogger(__name__)


class KeepState(keras.callbacks.Callback):
    """Write everything that the epochs to come depend on; comes last, when all others are done.

    These are the weights, the optimizer with its learning rate, the random generators of dropout, and
    what the other callbacks remember. The order of the batches depends on seed and epoch alone. Files are
    written in a thread, from copies. However the training ends, the last copy is written. A state that cannot
    be written is a warning.

    A signal that ends the process (``s3f_pipeline.signals``) finds a copy of the last whole epoch: it waits
    while the end of an epoch is told and copied, and where a short epoch was not copied it waits for the end
    of the next one, which then is. Somebody who signals again after some seconds does not wait.

    Example, inside a fit loop:
    >>> with KeepState(StateFolder(folder), callbacks, {}) as keep:  # doctest: +SKIP
    ...     model.fit(batches, callbacks=[measure, keep.when_measured(), *callbacks, keep])

    Args:
        folder: Where states are written.
        callbacks: The other callbacks, in a fixed order.
        facts: What else a state says of its training.
        process: Of several that train together the first one writes, and copies every epoch: signals cannot
            wait for an epoch that needs processes which have ended.
        clock: Seconds.
    """

    def __init__(
        self,
        folder: StateFolder,
        callbacks: Sequence[keras.callbacks.Callback],
        facts: Mapping[str, Any],
        *,
        process: Process = ALONE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Begin the clock."""
        super().__init__()
        self._folder = folder
        self._callbacks = callbacks
        self._facts = facts
        self._process = process
        self._clock = clock
        self._began = self._last_end = clock()
        self._held = HeldSignals(LONGEST_WAIT)
        self._done = self._copied = 0
        self._copying, self._saving = _Cost(), _Cost()
        self._unwritten: TrainingState | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._writing: Future[None] | None = None
        self._restored: TrainingState | None = None

    def restore(self, state: TrainingState, model: keras.Model) -> None:
        """Put everything back.

        Args:
            state: Of the same training.
            model: Compiled, and its optimizer built.
        """
        self._restored = state
        for name, variable in _variables(model).items():
            variable.assign(state.arrays[name])
        for number, callback in enumerate(self._callbacks):
            if isinstance(callback, KeepBest):
                count = sum(name.startswith(f"best{number}.") for name in state.arrays)
                callback.weights = [state.arrays[f"best{number}.{position}"] for position in range(count)]
        self._restore_callbacks()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Put back what callbacks remember once more: they forget it when training begins."""
        self._restore_callbacks()

    def when_measured(self) -> keras.callbacks.Callback:
        """A callback that stands where an epoch becomes whole, before it is told: from here signals wait."""
        return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: self._held.hold())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Copy the state, and write it, unless that would take too much of the time or is still going on."""
        seconds, self._last_end = self._clock() - self._last_end, self._clock()
        self._done = epoch + 1
        if self._process.leads:
            signals_may_wait = self._process.count == 1 and seconds < LONGEST_WAIT and not self._held.received
            if signals_may_wait and not self._can_afford(self._copying):
                return
            self._copy()
            if self._writing is None or (self._writing.done() and self._can_afford(self._saving)):
                self._submit()
        self._held.release()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Copy the last state: what comes after training may be cut off as well."""
        if self._process.leads and self._copied < self._done:
            self._copy()
        self._held.release()

    def __enter__(self) -> Self:
        """Begin to keep."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until the last state that was copied is written."""
        try:
            with signals_wait():
                self._submit()
                self._writer.shutdown(wait=True)
                if self._writing is not None:
                    self._writing.result()
        finally:
            self._held.release()

    def _can_afford(self, cost: "_Cost") -> bool:
        return cost.total + cost.last <= COST_SHARE * (self._clock() - self._began)

    def _copy(self) -> None:
        began = self._clock()
        self._unwritten = self._state(self._done)
        self._copied = self._done
        self._copying.add(self._clock() - began)

    def _submit(self) -> None:
        if self._unwritten is None:
            return
        if self._writing is not None:
            self._writing.result()
        self._writing = self._writer.submit(self._write, self._unwritten)
        self._unwritten = None

    def _restore_callbacks(self) -> None:
        if self._restored is None:
            return
        for callback, remembered in zip(self._callbacks, self._restored.facts["callbacks"], strict=True):
            for name, value in deepcopy(remembered).items():
                setattr(callback, name, value)

    def _state(self, epoch: int) -> TrainingState:
        arrays = {
            name: np.array(keras.ops.convert_to_numpy(variable))
            for name, variable in _variables(self.model).items()
        }
        for number, callback in enumerate(self._callbacks):
            if isinstance(callback, KeepBest):
                arrays |= {f"best{number}.{n}": weights for n, weights in enumerate(callback.weights)}
        remembered = [
            {name: deepcopy(getattr(callback, name)) for name in REMEMBERED.get(type(callback), ())}
            for callback in self._callbacks
        ]
        stop = bool(self.model.stop_training)
        return TrainingState(epoch, arrays, {**self._facts, "callbacks": remembered, "stop": stop})

    def _write(self, state: TrainingState) -> None:
        began = self._clock()
        try:
            self._folder.save(state)
        except OSError as error:
            logger.warning(
                "The state of training could not be written (%s). If the run is stopped, it goes on from an "
                "earlier epoch.",
                error,
            )
        self._saving.add(self._clock() - began)


@dataclass
class _Cost:
    """Seconds that something has taken, in all and the last time."""

    total: float = 0.0
    last: float = 0.0

    def add(self, seconds: float) -> None:
        self.total, self.last = self.total + seconds, seconds


def _variables(model: keras.Model) -> dict[str, Any]:
    """Weights and random generators of the model, and the optimizer's variables, by a name for each."""
    return {
        **{f"model.{number}": variable for number, variable in enumerate(model.variables)},
        **{f"optimizer.{number}": variable for number, variable in enumerate(model.optimizer.variables)},
    }
