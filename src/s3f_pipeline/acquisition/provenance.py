"""Where raw files are from, and by what they are known again."""

import errno
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from s3f_pipeline.errors import AcquisitionError
from s3f_pipeline.files import atomic_path, sha256_of
from s3f_pipeline.walk import walk

FILE_NAME = "provenance.json"
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
logger = logging.getLogger(__name__)


def read_provenance(folder: Path) -> dict[str, Any] | None:
    """Return what ``provenance.json`` in a raw folder says, ``None`` where there is none."""
    path = folder / FILE_NAME
    return read_json(path) if path.is_file() else None


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of ours.

    Raises:
        AcquisitionError: If it is not JSON.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AcquisitionError(f"{path} is not JSON ({error}). Remove it; it is written anew.") from error
    return content


def write_provenance(folder: Path, source: str, *, synthetic: bool, **details: Any) -> dict[str, Any]:
    """Write ``provenance.json`` into a raw folder, and return what it says.

    A folder that cannot be written to (a read-only share) keeps none; the run goes on.

    Args:
        folder: The raw folder.
        source: In words, where the files are from.
        synthetic: Whether they are phantoms.
        **details: Checksums and counts.
    """
    provenance = {
        "schema_version": 1,
        "source": source,
        "date": datetime.fromtimestamp(folder.stat().st_mtime, UTC).date().isoformat(),
        "synthetic": synthetic,
        **details,
    }
    try:
        with atomic_path(folder / FILE_NAME) as temporary:
            temporary.write_text(json.dumps(provenance, indent=1), encoding="utf-8")
    except OSError as error:
        if error.errno not in READ_ONLY:
            raise
        logger.warning("%s is read-only: no %s is written there.", folder, FILE_NAME)
    return provenance


def listing_hash(folder: Path) -> str:
    """SHA-256 over names, sizes and times of all files, to notice that raw data has changed.

    An archive that is unpacked over an older one may give files of equal size the times that they had; that
    of the last change of status, which no tool can set, tells them apart. It is another one in a copy, too.
    """
    digest = hashlib.sha256()
    for path in sorted(raw_files(folder)):
        status = path.stat()
        digest.update(f"{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\0".encode())
        digest.update(os.fsencode(path.relative_to(folder)))
    return digest.hexdigest()


def tree_hash(folder: Path) -> str:
    """SHA-256 over names and contents of all files."""
    digest = hashlib.sha256()
    for path in sorted(raw_files(folder)):
        digest.update(os.fsencode(path.relative_to(folder)))
        digest.update(bytes.fromhex(sha256_of(path)))
    return digest.hexdigest()


def checksums(folder: Path, published: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Compare the MD5 of files in a raw folder with the published ones.

    Returns:
        By file name: ``expected``, ``found`` and ``matches``; files that are not there are left out.
    """
    compared = {}
    for name, expected in published.items():
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "md5").hexdigest()
            compared[name] = {"expected": expected, "found": found, "matches": found == expected}
    return compared


def raw_files(folder: Path) -> Iterator[Path]:
    """All files below a raw folder but hidden ones and our own; links are followed, as the readers do."""
    for path in (folder / name for name in walk(folder).files):
        if not path.name.startswith(".") and path != folder / FILE_NAME and path.is_file():
            yield path
