"""Layouts with a folder per class."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from s3f_pipeline.cohorts.listing import COLUMNS, HIDDEN, files_below, is_hidden, some_of
from s3f_pipeline.errors import CohortError
from s3f_pipeline.spelling import compose, show

IMAGE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".dcm"})
DICOM_PREAMBLE = 128


def list_class_folders(
    folder: Path, classes: Sequence[str], splits: Mapping[str, str | None]
) -> pd.DataFrame:
    """List the images in class folders and below them.

    Images are files with an image ending, and DICOM files of any name.

    Args:
        folder: The raw folder.
        classes: Names of the class folders.
        splits: Folder with the class folders, relative to ``folder`` (all equally deep) -> its
            official split.

    Returns:
        The columns of every layout, ``image_id`` being the file name without its ending and ``subject``
        null; ``attrs["passed_over"]``.

    Raises:
        CohortError: If a class folder is missing, or there are others.
    """
    for inside in splits:
        _check_class_folders(folder, inside, classes)
    homes = {
        (*PurePosixPath(inside).parts, compose(label)): (label, split)
        for inside, split in splits.items()
        for label in classes
    }
    depth = len(next(iter(homes)))
    rows: list[tuple[str | None, ...]] = []
    passed_over: Counter[str] = Counter()
    for path in files_below(folder):
        *parents, name = path.split("/")
        home = homes.get(tuple(map(compose, parents[:depth])))
        if is_hidden(path):
            passed_over[HIDDEN] += 1
        elif home is None:
            passed_over["outside the class folders"] += 1
        elif not _is_image(folder / path):
            ending = PurePosixPath(name).suffix.lower()
            passed_over[f"files ending in {ending}" if ending else "files without an ending"] += 1
        else:
            label, split = home
            rows.append((PurePosixPath(name).stem, path, label, None, split))
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype="string")
    table.attrs["passed_over"] = dict(passed_over)
    return table


def check_names(folder: Path, table: pd.DataFrame, named: Mapping[str, pd.Series]) -> None:
    """Check what file names say against the folders that the files are in.

    Args:
        folder: The raw folder.
        table: With ``path`` and the columns that ``named`` has.
        named: Column of ``table`` -> its value by the file name, null where the name does not say.

    Raises:
        CohortError: If a name says something else than its folder.
    """
    for column, values in named.items():
        differs = values.notna() & (values != table[column]).fillna(False)
        if differs.any():
            shown = table["path"][differs] + " (by its name " + values[differs] + ")"
            raise CohortError(
                f"{differs.sum()} file names in {folder} contradict their folders: {some_of(shown)}. "
                f"Move these files to where they belong, or unpack the data again."
            )


def _check_class_folders(folder: Path, inside: str, classes: Sequence[str]) -> None:
    root = folder / inside
    expected = f"Expected are the folders {', '.join(classes)} in {root}."
    if not root.is_dir():
        raise CohortError(f"{folder} has no folder '{inside}'. {expected}")
    found = {compose(path.name) for path in root.iterdir() if path.is_dir() and not is_hidden(path.name)}
    named = set(map(compose, classes))
    missing, unknown = named - found, found - named
    if missing:
        raise CohortError(
            f"Class folder(s) missing in {root}: {some_of(map(show, missing))}. {expected} Found are "
            f"{some_of(map(show, found)) or 'none'}."
        )
    if unknown:
        raise CohortError(
            f"Unknown class folder(s) in {root}: {some_of(map(show, unknown))}. {expected} "
            f"Move them away, or add them to the cohort's classes."
        )


def _is_image(path: Path) -> bool:
    if path.suffix.lower() in IMAGE_ENDINGS:
        return True
    try:
        with path.open("rb") as file:
            return file.read(DICOM_PREAMBLE + 4)[DICOM_PREAMBLE:] == b"DICM"
    except OSError as error:
        raise CohortError(f"Cannot read {path}: {error.strerror}. Mend it, or remove it.") from error
