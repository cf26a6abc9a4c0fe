"""What raw data was at first sight, remembered beside the raw folder, which it outlives."""

import json
import logging
from pathlib import Path
from typing import Any

from s3f_pipeline.acquisition.provenance import READ_ONLY, read_json
from s3f_pipeline.files import atomic_path

REMEMBERED = ("source", "date", "sha256")
logger = logging.getLogger(__name__)


def pin_path(raw_root: Path, name: str) -> Path:
    """Path of the file that remembers."""
    return raw_root / f"{name}.source.json"


def pin(raw_root: Path, name: str, provenance: dict[str, Any]) -> None:
    """Remember a source at first sight; warn where the content is not what it was then.

    The file is never changed, so that tools that watch it see no change where there is none. Where it
    cannot be written (a read-only share), nothing is remembered.

    Args:
        raw_root: Where raw folders lie.
        name: Of the raw folder, or of a single file.
        provenance: ``source``, ``date`` and, where it is known, the checksum of the content (``sha256``).

    Raises:
        AcquisitionError: If the file that remembers is damaged.
    """
    path = pin_path(raw_root, name)
    now: dict[str, Any] = {key: provenance[key] for key in REMEMBERED if key in provenance}
    if not path.is_file():
        _write(path, now)
        return
    first = read_json(path)
    checksums = first.get("sha256"), now.get("sha256")
    if None not in checksums and checksums[0] != checksums[1]:
        logger.warning(
            "%s is not what it was: the content of %s (%s) had the checksum %s, that of %s (%s) has %s. "
            "Results may differ. Remove %s to accept the new content.",
            name, first["source"], first["date"], checksums[0],
            now["source"], now["date"], checksums[1], path,
        )  # fmt: skip


def _write(path: Path, source: dict[str, Any]) -> None:
    try:
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(source, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        if error.errno not in READ_ONLY:
            raise
        logger.warning("%s is read-only: what was found there is not remembered.", path.parent)
