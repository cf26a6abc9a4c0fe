"""Signals that wait until what must not be cut off is done."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a run: Ctrl-C, a cluster manager or ``kill``, and a terminal that is closed."""


class HeldSignals:
    """Hold back the signals of ``SIGNALS`` from ``hold`` to ``release``; the first one then arrives.

    Those that the process ignores stay ignored. Signals arrive in the main thread; in any other one nothing
    is held. Either call may be repeated.

    Args:
        patience: Seconds after the first signal for which another one waits as well; a later one, of
            somebody who has lost patience, arrives at once.
        clock: Seconds.

    Attributes:
        received: The first signal that waits, ``None`` while there is none.
    """

    def __init__(self, patience: float = math.inf, clock: Callable[[], float] = time.monotonic) -> None:
        """Hold nothing yet."""
        self.received: int | None = None
        self._patience = patience
        self._clock = clock
        self._since = 0.0
        self._holds = False
        self._before: dict[int, Any] = {}

    def hold(self) -> None:
        """Let signals wait."""
        if self._holds or threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if handler not in (signal.SIG_IGN, self._receive):
                self._before[number] = handler or signal.SIG_DFL
                signal.signal(number, self._receive)
        self._holds = True

    def release(self) -> None:
        """Put the handlers back, and let the signal arrive that has waited."""
        self._holds = False
        for number in list(self._before):
            self._put_back(number)
        received, self.received = self.received, None
        if received is not None:
            signal.raise_signal(received)

    def _receive(self, number: int, _: FrameType | None) -> None:
        if not self._holds:  # an exception of another signal's handler has cut off ``hold`` or ``release``
            self._put_back(number)
            signal.raise_signal(number)
        elif self.received is None:
            self.received, self._since = number, self._clock()
        elif self._clock() - self._since > self._patience:
            self.release()

    def _put_back(self, number: int) -> None:
        if signal.getsignal(number) == self._receive:
            signal.signal(number, self._before[number])


@contextmanager
def signals_wait() -> Iterator[None]:
    """Hold back SIGINT, SIGTERM and SIGHUP until the block has ended.

    An exception out of the middle of a database call would leave its transaction open, and the database
    locked against ourselves.
    """
    held = HeldSignals()
    held.hold()
    try:
        yield
    finally:
        held.release()
