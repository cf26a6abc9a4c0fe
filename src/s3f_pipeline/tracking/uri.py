"""Where runs are tracked."""

import logging
import os
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

PROBE_SECONDS = 5
logger = logging.getLogger(__name__)


def tracking_uri(folder: Path) -> str:
    """Return ``MLFLOW_TRACKING_URI``, else the local store in ``folder``."""
    return os.environ.get("MLFLOW_TRACKING_URI") or local_store(folder)


def local_store(folder: Path) -> str:
    """Return the URI of the SQLite store in ``folder``, absolute whatever the working folder."""
    return f"sqlite:///{(folder.absolute() / 'mlflow.db').as_posix()}"


def artifact_folder(uri: str, experiment: str) -> str | None:
    """Say where artifacts of an experiment go; ``None`` leaves it to the tracking server."""
    if not uri.startswith("sqlite:///"):
        return None
    database = Path(uri.removeprefix("sqlite:///")).absolute()
    return (database.parent / "mlartifacts" / experiment).as_uri()


def reachable_or_local(uri: str, folder: Path) -> str:
    """Return ``uri``, or the store in ``folder`` with a warning if it is a server that does not answer.

    A server is asked once, for at most five seconds.
    """
    if urlsplit(uri).scheme not in ("http", "https"):
        return uri
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=PROBE_SECONDS):
            return uri
    except urllib.error.HTTPError:
        return uri
    except (OSError, HTTPException) as error:
        local = local_store(folder)
        logger.warning(
            "The MLflow server %s does not answer (%s): this run is logged to %s.", uri, error, local
        )
        return local
