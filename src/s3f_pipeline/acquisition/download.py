"""Fetching one file over HTTP, going on where an interruption left off.

pooch, which knows Zenodo, figshare and Dataverse by their DOIs, does not serve as well (looked at in June
2026, after 1.9.0): it asks for no ranges and begins a file anew after each interruption, which on a slow line
never ends for gigabytes, and of tables in a Dataverse it gets the converted form, not the deposited one. It
would take over no more than the two look-ups in ``dataverse`` and ``figshare``.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from tqdm import tqdm

from s3f_pipeline.credentials import hide_secrets, remember_secrets_of, shown_uri
from s3f_pipeline.errors import AcquisitionError
from s3f_pipeline.files import publish

ATTEMPTS = 4
PAUSE = 1.0
"""Seconds before the second attempt; each further pause is twice as long."""
TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two pieces."""
PIECE = 1 << 16
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
RANGE_NOT_SATISFIABLE = 416
logger = logging.getLogger(__name__)


class InterruptedDownloadError(Exception):
    """A download that may be tried again."""


def fetch(
    url: str,
    target: Path,
    *,
    check: Callable[[Path], None] = lambda path: None,
    attempts: int = ATTEMPTS,
    pause: float = PAUSE,
) -> None:
    """Download a file; it appears under its name when it is whole.

    What an earlier attempt, or an earlier run, has fetched is kept in a hidden file beside the target and
    gone on with, if the server supports ranges and says (by its entity tag) that the file is the same.

    Args:
        url: Address of the file.
        target: Where it is put; the folder is made if it is missing.
        check: Called with the whole file before it gets its name; raises ``AcquisitionError`` if it is not
            what it should be.
        attempts: How often an interrupted download is tried.
        pause: Seconds before the second attempt.

    Raises:
        AcquisitionError: If the server refuses, cannot be reached, or ``check`` does.
    """
    remember_secrets_of(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    tag = target.with_name(f".{target.name}.etag")
    for attempt in range(1, attempts + 1):
        try:
            _go_on(url, partial, tag)
            break
        except (InterruptedDownloadError, requests.RequestException) as error:
            if attempt == attempts:
                raise AcquisitionError(
                    f"The download of {shown_uri(url)} failed: {_reason(error)}"
                ) from error
            wait = pause * 2 ** (attempt - 1)
            logger.info(
                "The download of %s was interrupted (%s): again in %.0f s",
                shown_uri(url), _reason(error), wait,
            )  # fmt: skip
            time.sleep(wait)
    try:
        check(partial)
        publish(partial, target)
    except AcquisitionError as error:
        raise AcquisitionError(f"What came from {shown_uri(url)} cannot be used. {error.message}") from error
    finally:
        partial.unlink(missing_ok=True)
        tag.unlink(missing_ok=True)


def get_json(url: str, **parameters: str) -> Any:
    """Read a JSON document.

    Raises:
        AcquisitionError: If the server refuses, cannot be reached, or answers with something else.
    """
    try:
        response = requests.get(url, params=parameters, timeout=TIMEOUT)
        response.raise_for_status()
        answer = response.json()
    except (requests.RequestException, ValueError) as error:
        raise AcquisitionError(
            f"{shown_uri(url)} gave no answer that can be read: {_reason(error)}"
        ) from error
    return answer


def _go_on(url: str, partial: Path, tag: Path) -> None:
    """Fetch what is missing of ``partial``."""
    known = _known_tag(url, partial, tag)
    have = partial.stat().st_size if known else 0
    headers = {"Accept-Encoding": "identity"}
    if known and have:
        headers |= {"Range": f"bytes={have}-", "If-Range": known}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == RANGE_NOT_SATISFIABLE:
            tag.unlink(missing_ok=True)
            raise InterruptedDownloadError("the file has changed on the server")
        _refuse_errors(url, response)
        if response.status_code != requests.codes.partial_content:
            have = 0
            _begin(url, partial, tag, response.headers.get("ETag"))
        elif not _is_the_rest(response, known, have):
            tag.unlink(missing_ok=True)
            raise InterruptedDownloadError("the server sent another piece than it was asked for")
        announced = response.headers.get("Content-Length")
        total = have + int(announced) if announced else None
        logger.info("Downloading %s (%s of %s bytes are here)", shown_uri(url), have, total or "unknown")
        with (
            partial.open("ab") as file,
            tqdm(
                total=total, initial=have, desc=partial.name[1:-8], unit="B", unit_scale=True, disable=None
            ) as progress,
        ):
            for piece in response.iter_content(PIECE):
                file.write(piece)
                progress.update(len(piece))
    size = partial.stat().st_size
    if total is not None and size != total:
        raise InterruptedDownloadError(f"{size} of {total} bytes came")


def _refuse_errors(url: str, response: requests.Response) -> None:
    code = response.status_code
    if code >= SERVER_ERROR or code == TOO_MANY_REQUESTS:
        raise InterruptedDownloadError(f"the server answers {code} {response.reason}")
    if not response.ok:
        raise AcquisitionError(
            f"The download of {shown_uri(url)} failed: the server answers {code} {response.reason}"
        )


def _known_tag(url: str, partial: Path, tag: Path) -> str | None:
    """Entity tag of what ``partial`` holds, if it was fetched from this address."""
    if not (tag.is_file() and partial.is_file()):
        return None
    address, _, entity = tag.read_text(encoding="utf-8").partition("\n")
    return entity if address == _fingerprint(url) else None


def _begin(url: str, partial: Path, tag: Path, entity: str | None) -> None:
    """Empty ``partial``, then keep a strong entity tag: a tag never stands beside bytes of another file."""
    tag.unlink(missing_ok=True)
    partial.write_bytes(b"")
    if entity and not entity.startswith("W/"):
        tag.write_text(f"{_fingerprint(url)}\n{entity}", encoding="utf-8")


def _fingerprint(url: str) -> str:
    """By which an address is known again; it may hold a password itself."""
    return hashlib.sha256(url.encode()).hexdigest()


def _is_the_rest(response: requests.Response, known: str | None, have: int) -> bool:
    starts = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    return starts and response.headers.get("ETag", known) == known


def _reason(error: Exception) -> str:
    """One readable line, without the addresses of Python objects that requests quotes."""
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was dropped"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate could not be verified"
    if isinstance(error, requests.exceptions.ProxyError):
        return "no connection to the proxy"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    if isinstance(error, requests.Timeout):
        return "the server does not answer"
    return " ".join(hide_secrets(str(error)).split())
