import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.errors import SplitError
from s3f_pipeline.logs import LineFormatter, use_line_formatter

FORGED = "scan\n12:00:00 INFO s3f_pipeline: all is well"
FORMATTER = LineFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))


def line(message, *args, name="s3f_pipeline.images", **more):
    record = logging.LogRecord(name, logging.INFO, __file__, 1, message, args, None)
    return FORMATTER.format(logging.makeLogRecord({**record.__dict__, **more}))


@pytest.mark.parametrize("name", ["s3f_pipeline.images", "some.library"])
@pytest.mark.parametrize("argument", [FORGED, Path(FORGED), ValueError(FORGED)])
def test_a_name_forges_no_line(name, argument):
    lines = line("%s cannot be read", argument, name=name).splitlines()
    assert [text for text in lines if not text.startswith(" ")] == lines[:1]


def test_numbers_stay_numbers():
    assert line("%d of %.1f, %s", 1, 2.0, [3]).endswith("1 of 2.0, [3]")


def test_traces_are_set_in():
    try:
        raise SplitError(FORGED)
    except SplitError as error:
        lines = line("failed", exc_info=(type(error), error, error.__traceback__)).splitlines()
    assert len(lines) > 3
    assert all(text.startswith(" ") for text in lines[1:])


@given(st.text(st.characters(), max_size=40))
def test_any_name_stays_on_its_line(name):
    written = line("%s cannot be read", name)
    assert len(written.splitlines()) == 1
    written.encode()


def test_passwords_are_hidden(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:p@ss/word#1@host")
    assert "p@ss" not in line("no answer of http://me:p@ss/word#1@host", name="mlflow")


class FormatterOfALibrary(logging.Formatter):
    def format(self, record):
        return f"<{record.getMessage()}>"


def test_handlers_that_are_there_write_so(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:swordfish@host")
    handler = logging.StreamHandler()
    handler.setFormatter(inner := FormatterOfALibrary())
    logger = logging.getLogger("s3f_test_logs")
    logger.addHandler(handler)
    use_line_formatter()
    use_line_formatter()
    logger.removeHandler(handler)
    assert handler.formatter.inner is inner
    record = logging.makeLogRecord(
        {"name": "library", "msg": "no answer of http://me:swordfish@host\nat all"}
    )
    assert handler.format(record) == "<no answer of http://host\n    at all>"


def test_messages_of_errors_forge_no_line_and_hide_passwords(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:swordfish@host")
    shown = SplitError(f"{FORGED}\x1b[1m swordfish").format_message()
    assert shown == "scan\n  12:00:00 INFO s3f_pipeline: all is well\\x1b[1m …"
