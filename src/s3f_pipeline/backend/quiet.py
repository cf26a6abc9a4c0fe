"""Keep the start-up messages of TensorFlow's C++ code from the terminal."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


@contextmanager
def native_messages_logged() -> Iterator[None]:
    """Send what native code writes to standard error to the log, at level DEBUG.

    Native code writes to the file descriptor, past ``sys.stderr`` and past Python's logging. Python's own
    errors pass through as exceptions.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            messages.seek(0)
            for line in messages.read().decode(errors="replace").splitlines():
                logger.debug(line)
