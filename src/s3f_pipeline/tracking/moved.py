"""A local store whose folder was copied or moved.

MLflow writes absolute addresses of artifacts into its database, so that a copy would log its models into the
folder of the original. Database and artifacts lie side by side (``uri.artifact_folder``): addresses that say
otherwise are set right.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from s3f_pipeline.tracking.uri import ARTIFACTS, artifact_folder, database_of

COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Tables and columns with addresses of artifacts."""
logger = logging.getLogger(__name__)


def follow_database(uri: str) -> None:
    """Let the addresses in a SQLite database name the folder of artifacts beside it.

    Addresses that this package has not given, such as those of a bucket, stay as they are, and so do other
    kinds of stores.

    Raises:
        sqlite3.Error: If the database cannot be read or written.
    """
    path, ours = database_of(uri), artifact_folder(uri, "")
    if path is None or ours is None or not path.is_file():
        return
    with closing(sqlite3.connect(path)) as database:
        columns = [(table, column) for table, column in COLUMNS if _has(database, table, column)]
        if ("experiments", "artifact_location") not in columns:
            return
        for other in sorted(_roots(database) - {ours}):
            if _is_same_folder(other, ours):
                continue
            changed = 0
            with database:
                for table, column in columns:
                    changed += database.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                        f"WHERE substr({column}, 1, ?) = ?",
                        (ours, len(other) + 1, len(other) + 1, f"{other}/"),
                    ).rowcount
            logger.warning(
                "This project was copied or moved: %d addresses in %s named files in %s, and now name %s. "
                "Artifacts that were not copied along are still there.",
                changed, path, other, ours,
            )  # fmt: skip


def _roots(database: sqlite3.Connection) -> set[str]:
    """Folders of artifacts that experiments lie in, as ``artifact_folder`` gives them."""
    return set(_artifact_folders(database.execute("SELECT artifact_location FROM experiments").fetchall()))


def _artifact_folders(rows: list[tuple[str | None]]) -> Iterator[str]:
    for (location,) in rows:
        root = (location or "").rpartition("/")[0]
        if root.startswith("file://") and root.endswith(f"/{ARTIFACTS}"):
            yield root


def _is_same_folder(one: str, other: str) -> bool:
    """Whether two addresses name one folder, such as by two mounts."""
    first, second = (Path(unquote(urlsplit(address).path)) for address in (one, other))
    return first.is_dir() and second.is_dir() and first.samefile(second)


def _has(database: sqlite3.Connection, table: str, column: str) -> bool:
    return column in [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
