"""How lines of a log are written."""

import logging
from copy import copy
from pathlib import Path

from s3f_pipeline.credentials import hide_secrets
from s3f_pipeline.text import indented, one_line

OURS = "s3f_pipeline"


class LineFormatter(logging.Formatter):
    """A formatter that lets no name forge a line, and no password be seen.

    What our messages are filled with stays on its line; further lines of a message or trace are set in.

    Args:
        inner: Writes the record.
    """

    def __init__(self, inner: logging.Formatter) -> None:
        """Take the formatter whose lines are looked through."""
        super().__init__()
        self.inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        if record.name.startswith(OURS) and isinstance(record.args, tuple):
            record = copy(record)
            record.args = tuple(_on_its_line(argument) for argument in record.args or ())
        return indented(hide_secrets(self.inner.format(record)), by="    ")


def use_line_formatter() -> None:
    """Let all handlers that there are write their lines so; ``conf/logging.yml`` may not name our class."""
    for handler in all_handlers():
        if not isinstance(handler.formatter, LineFormatter):
            handler.setFormatter(LineFormatter(handler.formatter or logging.Formatter()))


def all_handlers() -> list[logging.Handler]:
    """The handlers of all loggers."""
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    return [handler for logger in loggers for handler in logger.handlers]


def _on_its_line(argument: object) -> object:
    return one_line(str(argument)) if isinstance(argument, str | Path | BaseException) else argument
