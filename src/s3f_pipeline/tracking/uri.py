"""Where runs are tracked."""

import logging
import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

PROJECT = Path(__file__).resolve().parents[3]
PROBE_SECONDS = 5
logger = logging.getLogger(__name__)


def tracking_uri(folder: str = "") -> str:
    """Return ``MLFLOW_TRACKING_URI``, else the local SQLite store.

    Args:
        folder: Where the local store lies, relative to the project.
    """
    return os.environ.get("MLFLOW_TRACKING_URI") or local_store(folder)


def local_store(folder: str = "") -> str:
    """Return the URI of the SQLite store, absolute, so that it does not follow the working folder."""
    return f"sqlite:///{(PROJECT / folder / 'mlflow.db').as_posix()}"


def artifact_folder(uri: str, experiment: str) -> str | None:
    """Say where artifacts of an experiment go; ``None`` leaves it to the tracking server."""
    if not uri.startswith("sqlite:///"):
        return None
    return (Path(uri.removeprefix("sqlite:///")).parent / "mlartifacts" / experiment).as_uri()


def reachable_or_local(uri: str) -> str:
    """Return ``uri``, or the local store with a warning if it is a server that does not answer.

    A server is asked once, for at most five seconds.
    """
    if urlsplit(uri).scheme not in ("http", "https"):
        return uri
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=PROBE_SECONDS):
            return uri
    except urllib.error.HTTPError:
        return uri
    except OSError as error:
        local = local_store()
        logger.warning(
            "The MLflow server %s does not answer (%s): this run is logged to %s.", uri, error, local
        )
        return local
