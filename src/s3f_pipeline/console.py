"""A console that may be closed while a run goes on, or ends."""

import errno
import logging
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from s3f_pipeline.logs import all_handlers

GONE = (errno.EIO, errno.EPIPE)
"""What writing says after a terminal was closed, or the program that a pipe leads to has ended."""


class ConsoleStream:
    """A stream that falls silent when whoever reads it is gone, in place of raising.

    What Python's own finalisation and native code still write then goes nowhere, too.

    Args:
        stream: Such as ``sys.stdout``.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write nothing yet."""
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """All else is the stream's own."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or say that it is written."""
        try:
            return self._stream.write(text)
        except OSError as error:
            self._fall_silent(error)
            return len(text)

    def flush(self) -> None:
        """Flush, if anybody reads it."""
        try:
            self._stream.flush()
        except OSError as error:
            self._fall_silent(error)

    def _fall_silent(self, error: OSError) -> None:
        if error.errno not in GONE:
            raise error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        with suppress(OSError):  # a stream without a file descriptor
            os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def outlive_console() -> None:
    """Let the process go on, and end in order, when its terminal or pipe is closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or isinstance(stream, ConsoleStream):
            continue
        console = ConsoleStream(stream)
        setattr(sys, name, console)
        for handler in all_handlers():
            if isinstance(handler, logging.StreamHandler) and handler.stream is stream:
                handler.setStream(console)
