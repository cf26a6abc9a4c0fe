"""Layouts with a folder per class."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from s3f_pipeline.errors import CohortError


def class_folders(folder: Path, inside: Path, classes: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield (class, file) for every file of the class folders in ``folder / inside``, sorted.

    Hidden files (names that start with a dot) are passed over.

    Raises:
        CohortError: If ``folder / inside`` or a class folder is missing, or an unknown folder is there.
    """
    root = folder / inside
    if not root.is_dir():
        raise CohortError(f"{folder} has no folder '{inside.as_posix()}'. {_expected(root, classes)}")
    found = {path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")}
    missing, unknown = set(classes) - found, found - set(classes)
    if missing:
        raise CohortError(
            f"Class folder(s) missing in {root}: {', '.join(sorted(missing))}. {_expected(root, classes)}"
        )
    if unknown:
        raise CohortError(
            f"Unknown class folder(s) in {root}: {', '.join(sorted(unknown))}. "
            f"{_expected(root, classes)} Move them away, or add them to the cohort's classes."
        )
    for label in classes:
        for path in sorted((root / label).iterdir()):
            if path.is_file() and not path.name.startswith("."):
                yield label, path


def one_row_per_file(folder: Path, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Make the table of a layout: sorted by path, ``image_id`` first.

    The id of an image is its file name without the ending.

    Raises:
        CohortError: If there is no file, or two files have one id.
    """
    if not rows:
        raise CohortError(f"{folder} has the right folders but no file in them. Unpack the data again.")
    table = pd.DataFrame(rows).sort_values("path", ignore_index=True)
    table.insert(0, "image_id", table["path"].map(lambda path: Path(path).stem).astype("string"))
    twice = table[table["image_id"].duplicated(keep=False)]
    if not twice.empty:
        first, second = twice.sort_values("image_id")["path"].iloc[:2]
        raise CohortError(
            f"Two files in {folder} have the same name, which identifies an image: {first} and {second}. "
            f"Rename one, or remove it."
        )
    return table.astype({"path": "string", "label": "string", "official_split": "string"})


def _expected(root: Path, classes: Sequence[str]) -> str:
    return f"Expected are the folders {', '.join(classes)} in {root}."
