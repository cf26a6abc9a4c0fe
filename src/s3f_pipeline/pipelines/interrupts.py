"""Ctrl-C, SIGTERM and a closed terminal, so that what is open gets closed and the exit code tells."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from s3f_pipeline.errors import S3FError
from s3f_pipeline.signals import SIGNALS

IGNORED_SECONDS = 60.0


class InterruptedRunError(S3FError):
    """A run that a signal has ended; the exit code is 128 + the signal's number, as in shells."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(
            f"Interrupted by {signal.Signals(number).name}. What was finished is kept; the same command "
            f"goes on from there (with force=true it begins anew)."
        )
        self.exit_code = 128 + number  # type: ignore[misc]


class _SignalReceived(BaseException):
    """Passes every ``except Exception`` on its way up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Receiver:
    """Raises once; what comes within a minute of it finds the run about to end, and is ignored."""

    def __init__(self) -> None:
        self._received_at = -math.inf
        self._before: dict[int, Any] = {}
        self.is_open = True

    def install(self) -> None:
        """Hear all signals but SIGHUP where it is ignored: nohup wants the run to go on."""
        for number in SIGNALS:
            before = signal.getsignal(number)
            if number != signal.SIGHUP or before is not signal.SIG_IGN:
                self._before[number] = before
                signal.signal(number, self)

    def put_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._received_at < IGNORED_SECONDS:
            return
        if not self.is_open:
            self.put_back()
            signal.raise_signal(number)
            return
        self._received_at = now
        raise _SignalReceived(number)


@contextmanager
def signals_as_errors() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP inside the block into ``InterruptedRunError``, which Kedro's hooks see.

    A signal that comes while the run ends is ignored for a minute, because terminals and cluster managers
    send more than one, to a job and to each of its processes, and nothing is to cut off what is closed after
    the block. Later ones are heard again, in case the first one came where Python drops exceptions, such as
    in ``__del__``.

    Signals arrive in the main thread; in any other one the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    receiver = _Receiver()
    try:
        receiver.install()
        yield
        receiver.is_open = False
    except _SignalReceived as received:
        receiver.is_open = False
        raise InterruptedRunError(received.number) from received
    except InterruptedRunError:  # from a block within, which goes on ignoring
        raise
    except BaseException:
        receiver.put_back()
        raise
    receiver.put_back()
