"""The images that a user points to: a folder, a file, a table or a zip file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from s3f_pipeline.acquisition.archives import unpack_whole
from s3f_pipeline.cohorts.listing import count_passed_over, is_hidden, kind_of, some_of, walk_raw
from s3f_pipeline.cohorts.tabular import read_table, refuse, row_numbers
from s3f_pipeline.errors import PredictionError
from s3f_pipeline.images.formats import START, format_of, is_image_name
from s3f_pipeline.spelling import compose

TABLES = (".csv", ".tsv", ".parquet")
ARCHIVES = (".zip",)
PATH = "path"
FOLDER = "folder"
"""``label=folder``: the class of an image is the innermost folder around it that is named after one."""


@dataclass(frozen=True)
class ImageList:
    """Images, and what is known of them.

    Attributes:
        folder: That paths are relative to.
        paths: With forward slashes.
        labels: Class name of each image; ``None``: not known.
        groups: Patient of each image, null where not known; ``None``: of none.
        passed_over: Files that are no images, counted by ending, and hidden files.
    """

    folder: Path
    paths: tuple[str, ...]
    labels: tuple[str, ...] | None = None
    groups: tuple[str | None, ...] | None = None
    passed_over: dict[str, int] = field(default_factory=dict)


def list_images(
    images: Path, classes: Sequence[str], *, label: str | None, patient: str | None, unpacked: Path
) -> ImageList:
    """List the images.

    Args:
        images: A folder with all below it, an image, a table (``.csv``, ``.tsv`` or ``.parquet``) with a
            column ``path`` relative to its own folder, or a zip file.
        classes: That labels may name.
        label: Column of a table, or ``folder``; ``None``: labels are not known.
        patient: Column of a table; ``None``: patients are not known.
        unpacked: An empty folder, into which a zip file is unpacked.

    Raises:
        PredictionError: If there is no image, or labels are none of the classes.
        CohortError: If a table or a folder cannot be read.
        AcquisitionError: If a zip file is damaged or not safe to unpack.
    """
    if not images.exists():
        raise PredictionError(
            f"images={images}: there is no such file or folder. Paths begin at {Path.cwd()}."
        )
    is_table = images.is_file() and images.suffix.lower() in TABLES
    if not is_table and (label not in (None, FOLDER) or patient is not None):
        asked = f"patient={patient}" if label in (None, FOLDER) else f"label={label}"
        raise PredictionError(
            f"{asked} is a column of a table, but images={images} is none. Give a table, or label=folder "
            f"where images lie in folders that are named after their classes."
        )
    if is_table:
        return _of_table(images, classes, label, patient)
    if images.is_file() and images.suffix.lower() in ARCHIVES:
        unpack_whole(images, unpacked)
        return _of_folder(unpacked, str(images), classes, label)
    if images.is_file():
        if label == FOLDER:
            raise PredictionError(f"label={FOLDER} needs a folder, but images={images} is a file.")
        return ImageList(images.parent, (images.name,))
    return _of_folder(images, str(images), classes, label)


def told_of_passed_over(passed_over: Mapping[str, int]) -> str:
    """Say how many files of which kinds are no images, the most frequent first."""
    by_count = sorted(passed_over.items(), key=lambda kind: (-kind[1], kind[0]))
    return ", ".join(f"{kind} ({count})" for kind, count in by_count)


def _of_folder(folder: Path, called: str, classes: Sequence[str], label: str | None) -> ImageList:
    files = walk_raw(folder).files
    paths = tuple(path for path in files if not is_hidden(path) and _is_image(folder / path))
    passed_over = count_passed_over(sorted(set(files) - set(paths)), kind_of)
    if not paths:
        others = f"It has {told_of_passed_over(passed_over)}." if files else "It is empty."
        raise PredictionError(f"images={called} holds no image. {others}")
    if label is None:
        return ImageList(folder, paths, passed_over=passed_over)
    outside = [path for path in paths if "/" not in path]
    if outside:
        raise PredictionError(
            f"label={FOLDER} takes the folder of an image for its class, but these lie in none: "
            f"{some_of(outside)}. Move them into folders named {', '.join(classes)}."
        )
    labels = _known([_folder_label(path, set(map(compose, classes))) for path in paths], classes, called)
    return ImageList(folder, paths, labels, passed_over=passed_over)


def _of_table(table: Path, classes: Sequence[str], label: str | None, patient: str | None) -> ImageList:
    wanted = [name for name in (PATH, label, patient) if name]
    rows = read_table(table, dict.fromkeys(wanted))
    if rows.empty:
        raise PredictionError(f"images={table} has a header, but no rows. Fill it in.")
    refuse(
        rows[PATH].isna(), row_numbers(rows), f"Rows of {table} without a path", "Fill it in, or remove them."
    )
    if label is not None:
        refuse(rows[label].isna(), rows[PATH], f"Images in {table} without a {label}", "Fill it in.")
    return ImageList(
        table.parent,
        tuple(rows[PATH]),
        None if label is None else _known(list(rows[label]), classes, f"{table}, column {label}"),
        None if patient is None else tuple(rows[patient].astype(object).where(rows[patient].notna(), None)),
    )


def _folder_label(path: str, classes: set[str]) -> str:
    """The innermost folder of a path that is named after a class, else the innermost one."""
    folders = path.split("/")[-2::-1]
    return next((name for name in folders if compose(name) in classes), folders[0])


def _known(labels: Sequence[str], classes: Sequence[str], where: str) -> tuple[str, ...]:
    names = {compose(name): name for name in classes}
    found = pd.Series(labels).map(compose)
    if unknown := set(found) - set(names):
        raise PredictionError(
            f"Labels in {where} that are no class of the network: {some_of(unknown)}. Its classes are "
            f"{', '.join(classes)}."
        )
    return tuple(found.map(names))


def _is_image(path: Path) -> bool:
    """As ingestion judges: formats that are not read count too, so that they are named as unreadable.

    So does a file that cannot be opened, since nobody knows what is in it.
    """
    if is_image_name(path.name):
        return True
    try:
        with path.open("rb") as file:
            return format_of(file.read(START)) is not None
    except OSError:
        return True
