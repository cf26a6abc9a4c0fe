"""Data sets of Kaggle, through kagglehub, which goes on where an interruption left off."""

import glob
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from s3f_pipeline.errors import AcquisitionError

ATTEMPTS = 3
PAUSE = 2.0
"""Seconds between two attempts."""
CACHE = "KAGGLEHUB_CACHE"
INTERRUPTIONS = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
logger = logging.getLogger(__name__)


def fetch_dataset(
    handle: str, waiting: Path, inside: str, *, attempts: int = ATTEMPTS, pause: float = PAUSE
) -> Path:
    """Download and unpack a public data set.

    Args:
        handle: ``owner/name``.
        waiting: Folder for the download, on the file system on which it is wanted. After an interruption
            it holds what has come, and a later call goes on; after any other failure it is removed.
        inside: Folder of the data set that is wanted; where there is none of that name, the whole is.
        attempts: How often an interrupted download is tried.
        pause: Seconds between two attempts.

    Returns:
        The unpacked folder, inside ``waiting`` (elsewhere in a Kaggle notebook, which has its own copies).

    Raises:
        AcquisitionError: If the data set cannot be had.
        OSError: If the disk is full or cannot be written to.
    """
    logger.info("Downloading %s from Kaggle, which may take a while", handle)
    for attempt in range(1, attempts + 1):
        try:
            unpacked = _download(handle, waiting)
            break
        except INTERRUPTIONS as error:
            if attempt == attempts:
                raise AcquisitionError(
                    f"The download of {handle} from Kaggle failed: no connection to the server, or it was "
                    f"dropped. Run again to go on."
                ) from error
            logger.info("The download of %s was interrupted: again in %.0f s", handle, pause)
            time.sleep(pause)
        except Exception as error:
            shutil.rmtree(waiting, ignore_errors=True)
            if isinstance(error, OSError) and error.errno is not None:
                raise
            reason = " ".join(str(error).split())
            raise AcquisitionError(f"The download of {handle} from Kaggle failed: {reason}") from error
    return next((path for path in sorted(unpacked.rglob(glob.escape(inside))) if path.is_dir()), unpacked)


def _download(handle: str, waiting: Path) -> Path:
    from kagglehub import dataset_download

    own = logging.getLogger("kagglehub")
    own.handlers.clear()  # it would write beside our log
    own.propagate = True
    with _cache_in(waiting):
        return Path(dataset_download(handle))


@contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Let kagglehub keep its files in ``folder``."""
    before = os.environ.get(CACHE)
    os.environ[CACHE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[CACHE]
        else:
            os.environ[CACHE] = before
