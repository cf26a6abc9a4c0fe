"""Ctrl-C, SIGTERM and a closed terminal, so that what is open gets closed and the exit code tells."""

import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from s3f_pipeline.errors import S3FError
from s3f_pipeline.signals import SIGNALS

IGNORED_SECONDS = 60.0
AGAIN_SECONDS = 5.0
AGAIN_SOON_SECONDS = 0.1


class InterruptedRunError(S3FError):
    """A run that a signal has ended; the exit code is 128 + the signal's number, as in shells."""

    def __init__(self, number: int, but: str = "") -> None:
        """Take the signal's number, and when the command does not go on."""
        super().__init__(
            f"Interrupted by {signal.Signals(number).name}. What was finished is kept; the same command "
            f"goes on from there{but}."
        )
        self.exit_code = 128 + number  # type: ignore[misc]


class _SignalReceived(BaseException):
    """Passes every ``except Exception`` on its way up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Receiver:
    """Raises once; what comes within a minute of it finds the run about to end, and is ignored.

    Python and native libraries drop exceptions in some places, such as ``__del__``, and TensorFlow while it
    traces a network. Hence a signal is raised again until the block has ended; what Python says of a dropped
    one is not shown.
    """

    def __init__(self) -> None:
        self._received_at = -math.inf
        self._received = 0
        self._before: dict[int, Any] = {}
        self._hook_before = sys.unraisablehook
        self.is_open = True

    def install(self) -> None:
        """Hear all signals but SIGHUP where it is ignored: nohup wants the run to go on."""
        for number in SIGNALS:
            before = signal.getsignal(number)
            if number != signal.SIGHUP or before is not signal.SIG_IGN:
                self._before[number] = before
                signal.signal(number, self)
        sys.unraisablehook = self._dropped

    def close(self) -> None:
        """Raise no more."""
        self.is_open = False
        if self._received:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._alarm_before)

    def put_back(self) -> None:
        """Let the handlers hear again that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._hook_before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._received_at < IGNORED_SECONDS:
            return
        if not self.is_open:
            self.put_back()
            signal.raise_signal(number)
            return
        if not self._received:
            self._alarm_before = signal.signal(signal.SIGALRM, self._again) or signal.SIG_DFL
        self._received_at, self._received = now, number
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
        raise _SignalReceived(number)

    def _dropped(self, unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is not _SignalReceived:
            self._hook_before(unraisable)
        elif self.is_open:
            signal.setitimer(signal.ITIMER_REAL, AGAIN_SOON_SECONDS)

    def _again(self, alarm: int, frame: FrameType | None) -> None:
        self._received_at = -math.inf
        signal.raise_signal(self._received)  # to whoever holds it back now


@contextmanager
def signals_as_errors(but: str = "") -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP inside the block into ``InterruptedRunError``, which Kedro's hooks see.

    A signal that comes while the run ends is ignored for a minute, because terminals and cluster managers
    send more than one, to a job and to each of its processes, and nothing is to cut off what is closed after
    the block. One that gets lost, because it came where exceptions are dropped, comes again by itself.

    Signals arrive in the main thread; in any other one the block runs as it is.

    Args:
        but: When the same command would not go on, to end the message with.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    receiver = _Receiver()
    try:
        receiver.install()
        yield
        receiver.close()
    except _SignalReceived as received:
        receiver.close()
        raise InterruptedRunError(received.number, but) from received
    except InterruptedRunError:  # from a block within, which goes on ignoring
        raise
    except BaseException:
        receiver.close()
        receiver.put_back()
        raise
    receiver.put_back()
