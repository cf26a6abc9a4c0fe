"""Keep the state of a training at the end of its epochs, whatever ends it."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from s3f_pipeline.process_group import ALONE, Process
from s3f_pipeline.signals import HeldSignals, signals_wait
from s3f_pipeline.training.state import StateFolder, TrainingState

COST_SECONDS = 30.0
"""Writing states may take so long in all, ..."""
COST_SHARE = 0.01
"""... and this share of the time besides."""
LONGEST_WAIT = 10.0
"""Seconds of an epoch for whose end a signal may wait, where writing every state would take too much time."""
logger = logging.getLogger(__name__)


class KeptStates:
    """Write the state at the end of an epoch before the next one begins.

    Where that would take too much time, a state is left out. A process that is killed then goes on from an
    earlier one. A signal that ends the process (``s3f_pipeline.signals``) finds the last whole epoch all the
    same: it waits for the end of the next epoch, whose state is then written, and where epochs are long,
    states that are not written are kept in memory, and the last one is written however the training ends.
    Somebody who signals again after some seconds does not wait.

    A state that cannot be written is a warning.

    Example:
        >>> with KeptStates(StateFolder(folder)) as states:  # doctest: +SKIP
        ...     for epoch in range(1, 11):
        ...         train(epoch)
        ...         with states.whole_epoch():
        ...             states.keep(current_state)
        ...     states.keep_last(current_state)

    Args:
        folder: Where states are written; ``None`` keeps none.
        process: Of several that train together the first one writes. It keeps every epoch at least in
            memory: signals cannot wait for an epoch that needs processes which have ended.
        clock: Seconds.
    """

    def __init__(
        self,
        folder: StateFolder | None,
        process: Process = ALONE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Begin the clock."""
        self._folder = folder if process.leads else None
        self._may_wait = process.count == 1
        self._clock = clock
        self._began = self._last_end = clock()
        self._held = HeldSignals(LONGEST_WAIT)
        self._cost = self._last_cost = 0.0
        self._left_out = False
        self._in_memory: TrainingState | None = None

    @contextmanager
    def whole_epoch(self) -> Iterator[None]:
        """Let signals wait from here, where an epoch is whole, until its state is kept and all is told."""
        self._held.hold()
        yield
        if not self._left_out:
            self._held.release()

    def keep(self, state: Callable[[], TrainingState]) -> None:
        """Keep the state of this epoch, unless that would take too much of the time.

        Args:
            state: Copies the state of now.
        """
        if self._folder is None:
            return
        seconds, self._last_end = self._clock() - self._last_end, self._clock()
        affordable = self._cost + self._last_cost <= COST_SECONDS + COST_SHARE * (self._clock() - self._began)
        short = self._may_wait and seconds < LONGEST_WAIT and self._held.received is None
        self._left_out = not affordable and short
        if self._left_out:
            return
        began = self._clock()
        self._in_memory = state()
        if affordable:
            self._write()
            self._last_cost = self._clock() - began
            self._cost += self._last_cost

    def keep_last(self, state: Callable[[], TrainingState]) -> None:
        """Keep the state of the last epoch, if that was left out."""
        if self._left_out:
            self._in_memory, self._left_out = state(), False
        self._held.release()

    def __enter__(self) -> Self:
        """Begin to keep."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write what is in memory alone."""
        try:
            with signals_wait():
                self._write()
        finally:
            self._held.release()

    def _write(self) -> None:
        if self._in_memory is None or self._folder is None:
            return
        try:
            self._folder.save(self._in_memory)
        except OSError as error:
            logger.warning(
                "The state of training could not be written (%s). If the run is stopped, it goes on from an "
                "earlier epoch.",
                error,
            )
        self._in_memory = None
