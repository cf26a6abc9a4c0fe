"""Where runs are tracked, and whether that place answers."""

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from s3f_pipeline.credentials import remember_secrets_of
from s3f_pipeline.tracking.answers import why_not

PROBE_SECONDS = 5
SQLITE = "sqlite:///"
ARTIFACTS = "mlartifacts"
"""Folder beside a SQLite database."""
RESERVED = "%?#"
"""What has a meaning in the path of a URI."""
GATEWAY_ERRORS = (502, 503, 504)
"""What a proxy says when the server behind it is gone."""
logger = logging.getLogger(__name__)


def tracking_uri(folder: Path) -> str:
    """Return ``MLFLOW_TRACKING_URI``, else the local store in ``folder``."""
    return os.environ.get("MLFLOW_TRACKING_URI") or local_store(folder)


def local_store(folder: Path) -> str:
    """Return the URI of the SQLite store in ``folder``, absolute whatever the working folder.

    A folder called ``a%2Fb`` or ``study?final`` is that one.
    """
    path = (folder.absolute() / "mlflow.db").as_posix()
    found = [place for place, character in enumerate(path) if character in RESERVED]
    if not found:
        return SQLITE + path
    plain = path.rindex("/", 0, found[0]) + 1
    # With slashes escaped too, the folder that MLflow makes for what it takes for the path is there already.
    return SQLITE + path[:plain] + quote(path[plain:], safe="")


def database_of(uri: str) -> Path | None:
    """The file of a SQLite store, ``None`` of any other."""
    if not uri.startswith(SQLITE):
        return None
    return Path(unquote(uri.removeprefix(SQLITE).partition("?")[0]))


def artifact_folder(uri: str, experiment: str) -> str | None:
    """Say where artifacts of an experiment go; ``None`` leaves it to the tracking server."""
    path = database_of(uri)
    return None if path is None else (path.absolute().parent / ARTIFACTS / experiment).as_uri()


def reachable_or_local(uri: str, folder: Path) -> str:
    """Return ``uri``, or the store in ``folder`` with a warning if it is a server that does not answer.

    A server is asked once, for at most five seconds.
    """
    remember_secrets_of(uri)
    if not is_server(uri):
        return uri
    try:
        check_answers(uri, PROBE_SECONDS)
        return uri
    except Exception as error:
        local = local_store(folder)
        logger.warning(
            "MLflow: %s. This run is logged to %s.", why_not(uri, error), local
        )  # fmt: skip
        return local


def check_answers(uri: str, seconds: float) -> None:
    """Ask a server whether it is there, or a SQLite database whether it can be written.

    MLflow itself would wait up to 20 seconds for a locked database, and longer for a silent server.

    Args:
        uri: Of the store; one that is neither a server nor SQLite is not asked.
        seconds: How long to wait.

    Raises:
        Exception: What the store says, or why it does not.
    """
    if is_server(uri):
        from mlflow.utils.credentials import get_default_host_creds
        from mlflow.utils.rest_utils import http_request

        answer = http_request(
            get_default_host_creds(uri), "/health", "GET",
            max_retries=0, timeout=seconds, raise_on_status=False,
        )  # fmt: skip
        if answer.status_code in GATEWAY_ERRORS:
            raise ConnectionError(f"{answer.status_code} {answer.reason}")
    elif path := database_of(uri):
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")


def is_server(uri: str) -> bool:
    """Say whether an address is that of a tracking server."""
    return urlsplit(uri).scheme in ("http", "https")
