"""Ctrl-C and SIGTERM, so that what is open gets closed and the exit code tells."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from s3f_pipeline.errors import S3FError

SIGNALS = (signal.SIGINT, signal.SIGTERM)
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


@contextmanager
def signals_as_errors() -> Iterator[None]:
    """Turn SIGINT and SIGTERM inside the block into ``InterruptedRunError``, which Kedro's hooks see.

    A signal that comes again while the run ends is ignored for a minute, in case the first one came where
    Python drops exceptions, such as in ``__del__``. After SIGTERM, which cluster managers may send to a job
    and to each of its processes, it is ignored outside of the block until the process has ended.

    Signals arrive in the main thread; in any other one the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received_at = -math.inf

    def receive(number: int, frame: FrameType | None) -> None:
        nonlocal received_at
        now = time.monotonic()
        if now - received_at >= IGNORED_SECONDS:
            received_at = now
            raise _SignalReceived(number)

    before = {number: signal.signal(number, receive) for number in SIGNALS}
    try:
        yield
    except _SignalReceived as received:
        if received.number == signal.SIGTERM:
            before[signal.SIGTERM] = signal.SIG_IGN
        raise InterruptedRunError(received.number) from received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
