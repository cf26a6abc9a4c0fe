"""Why a store does not take something, and what to do about it."""

import sqlite3
from collections.abc import Iterator

from s3f_pipeline.credentials import hide_secrets, shown_uri
from s3f_pipeline.errors import S3FError

LONGEST_REASON = 300
SIGN_IN = (
    "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, to those of a user "
    "who may write there"
)
WRITABLE = "Give this user the right to write the file and its folder"
RESTORE = "Restore it from a copy, or move it away: a new one is made"
BY_CODE = {
    "UNAUTHENTICATED": ("does not know who asks", SIGN_IN),
    "PERMISSION_DENIED": ("does not let this user write", SIGN_IN),
    "ENDPOINT_NOT_FOUND": (
        "answers, but not as an MLflow server does",
        "Look whether MLFLOW_TRACKING_URI names the server, with its path if it has one",
    ),
}
"""Answers of a server by MLflow's code of them."""
BY_WORDS = {
    "out-of-date database schema": (
        "was made by another version of MLflow",
        "Keep a copy and bring it up to date with `mlflow db upgrade <its address>`; if a newer version has "
        "made it, install that one",
    ),
    "database is locked": (
        "does not answer",
        "Another process holds it: look which one, such as a database browser",
    ),
    "readonly database": ("cannot be written", WRITABLE),
    "unable to open database": (
        "cannot be opened",
        WRITABLE,
    ),
    "not a database": (
        "is damaged or no database",
        RESTORE,
    ),
    "malformed": ("is damaged or no database", RESTORE),
    "disk is full": ("cannot be written", "Make room on its disk"),
    "500 error responses": ("reports a fault of its own", "Its log says more"),
    "valid JSON": (
        "answers, but not as an MLflow server does",
        "Look whether MLFLOW_TRACKING_URI names the server, and not a page to sign in",
    ),
    "Invalid url": (
        "is no address",
        "Write what is special in its user name or password as percent codes, such as %40 for @",
    ),
    "unsupported URI": ("is no address of a store", "It begins with sqlite:///, http:// or https://"),
    "No module named": ("is a database whose driver is missing", "Install the package"),
}
"""Answers by words in them."""
SILENT = ("does not answer", "")


def why_not(uri: str, error: BaseException) -> str:
    """Say in a sentence or two why a store has not taken something, and what to do.

    Args:
        uri: Of the store.
        error: What its client has raised.
    """
    if isinstance(error, S3FError):
        return error.message
    what, remedy = _kind(error)
    return f"{shown_uri(uri)} {what} ({reason(error)}){f'. {remedy}' if remedy else ''}"


def reason(error: BaseException) -> str:
    """Say in one line what the system, the database or the server said, below MLflow's words."""
    said = [found for found in _causes(error) if isinstance(found, OSError | sqlite3.Error)]
    cause = said[-1] if said else error
    text = getattr(cause, "strerror", None) or " ".join(str(cause).split()) or type(cause).__name__
    if filename := getattr(cause, "filename", None):
        text = f"{text}: {filename}"
    return hide_secrets(text)[:LONGEST_REASON]


def _kind(error: BaseException) -> tuple[str, str]:
    code = getattr(error, "error_code", None)
    if code in BY_CODE:
        return BY_CODE[code]
    if isinstance(error, PermissionError):
        return BY_WORDS["readonly database"]
    words = " ".join(str(found) for found in _causes(error))
    return next((answer for sign, answer in BY_WORDS.items() if sign in words), SILENT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    for cause in (error.__cause__ or error.__context__, *error.args):
        if isinstance(cause, BaseException):
            yield from _causes(cause)
