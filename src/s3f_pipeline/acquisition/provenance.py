"""Where raw files are from, and by what they are known again."""

import errno
import hashlib
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from s3f_pipeline.files import atomic_path

FILE_NAME = "provenance.json"
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
logger = logging.getLogger(__name__)


def read_provenance(folder: Path) -> dict[str, Any] | None:
    """Return what ``provenance.json`` in a raw folder says, ``None`` where there is none."""
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    provenance: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return provenance


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
    """SHA-256 over names, sizes and change times of all files, to notice that raw data has changed."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != FILE_NAME:
            status = path.stat()
            line = f"{path.relative_to(folder).as_posix()}\0{status.st_size}\0{status.st_mtime_ns}\n"
            digest.update(line.encode())
    return digest.hexdigest()
