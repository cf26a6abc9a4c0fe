"""One's own images with a table: CSV or Parquet, one row per image."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from s3f_pipeline.cohorts.listing import (
    CARRIED,
    ORDER_COLUMN,
    as_on_disk,
    count_passed_over,
    files_below,
    is_hidden,
    some_of,
)
from s3f_pipeline.cohorts.split_names import SPLIT_NAMES
from s3f_pipeline.cohorts.subjects import one_spelling, tidy_ids
from s3f_pipeline.cohorts.tabular import read_ages, read_table, refuse, row_numbers
from s3f_pipeline.config.schema import TableColumns
from s3f_pipeline.errors import CohortError
from s3f_pipeline.files import on_disk, stays_inside
from s3f_pipeline.images.formats import is_image_name
from s3f_pipeline.spelling import compose, show

ROUNDED = r"\d(?:[.,]\d+)?[eE]\+\d+"
"""How spreadsheets write numbers that are longer than they show, such as 1.23457E+12 or 1E+12."""


def list_files(folder: Path, classes: Sequence[str], columns: TableColumns) -> pd.DataFrame:
    """List every image of the table.

    Args:
        folder: The raw folder.
        classes: The labels that may occur.
        columns: What the columns are called.

    Returns:
        The columns of every layout; ``image_id`` is the path, ``subject`` the patient; ``age`` (years),
        ``sex`` and ``site`` where the table has columns of these very names. No other column is taken
        over, so that names and dates of birth stay where they are.

    Raises:
        CohortError: If the table cannot be read or lacks a column; paths are empty, double, not inside
            the folder or of no file; labels are empty or unknown; or, where the table has such a
            column, a patient is spelt in two ways (``id_key``), rounded or without the pattern, or
            a split unknown (it may be empty).
    """
    source = on_disk(folder, columns.file)
    wanted = (columns.path, columns.label, columns.patient, columns.split, columns.order)
    rows = read_table(source, dict.fromkeys(name for name in wanted if name), CARRIED)
    if rows.empty:
        raise CohortError(f"{source} has a header, but no rows. Fill it in.")
    files = files_below(folder)
    path = _paths(rows, columns.path, source, files)
    table = pd.DataFrame({"image_id": path, "path": path})
    table["label"] = _labels(rows, path, columns.label, source, classes)
    table["subject"] = _patients(rows, path, columns, source)
    table["official_split"] = _splits(rows, path, columns.split, source)
    for name in CARRIED:
        if name in rows:
            table[name] = read_ages(rows[name], source) if name == "age" else rows[name]
    if columns.order is not None:
        table[ORDER_COLUMN] = _order(rows, path, columns.order, source)
    others = set(files) - set(path) - {source.relative_to(folder).as_posix()}
    table.attrs["passed_over"] = count_passed_over(others, lambda _: "not in the table")
    notices = []
    unlisted = [path for path in others if is_image_name(path) and not is_hidden(path)]
    if unlisted:
        notices.append(
            f"{len(unlisted)} images beside those of the table are passed over ({some_of(unlisted, shown=2)})"
        )
    unknown = path[table["subject"].isna()]
    if columns.patient is not None and len(unknown):
        notices.append(
            f"{len(unknown)} of {len(table)} images have no {columns.patient} in the table "
            f"({some_of(unknown, shown=2)}): other images of their patients may stand on another side"
        )
    table.attrs["notices"] = notices
    return table


def _paths(rows: pd.DataFrame, column: str, source: Path, files: Sequence[str]) -> pd.Series:
    given = rows[column]
    refuse(
        given.isna(),
        row_numbers(rows),
        f"Rows of {source} without a {column}",
        "Fill it in, or remove the rows.",
    )
    refuse(
        ~given.map(stays_inside).astype(bool),
        given,
        f"Paths in {source} that are absolute or have '..' in them",
        "Give paths relative to the raw folder, with forward slashes.",
    )
    path = as_on_disk(given.map(lambda text: PurePosixPath(text).as_posix()), files)
    refuse(
        ~path.isin(list(files)),
        path,
        f"Images in {source} that are not on disk",
        "Put them there, correct their paths (with forward slashes; upper and lower case count), or remove "
        "their rows.",
    )
    refuse(path.duplicated(), path, f"Images that {source} lists twice", "Keep one row of each.")
    return path


def _labels(
    rows: pd.DataFrame, path: pd.Series, column: str, source: Path, classes: Sequence[str]
) -> pd.Series:
    labels = rows[column].map(compose, na_action="ignore")
    names = {compose(name): name for name in classes}
    refuse(labels.isna(), path, f"Images in {source} without a {column}", "Fill it in, or remove their rows.")
    refuse(
        ~labels.isin(list(names)),
        path + " (" + labels.map(show, na_action="ignore") + ")",
        f"Images in {source} whose {column} is not one of {', '.join(classes)}",
        "Correct it, or add it to the cohort's classes.",
    )
    return labels.map(names).astype("string")


def _patients(rows: pd.DataFrame, path: pd.Series, columns: TableColumns, source: Path) -> pd.Series:
    column = columns.patient
    if column is None:
        return _all_null(rows)
    ids = tidy_ids(rows[column])
    refuse(
        ids.str.fullmatch(ROUNDED).fillna(False).astype(bool),
        ids,
        f"Images in {source} whose {column} was rounded by a spreadsheet",
        "Take the ids from their source again, as text.",
    )
    if columns.patient_pattern is not None:
        patients = named_patients(ids, columns.patient_pattern)
        refuse(
            patients.isna() & ids.notna(),
            ids,
            f"Images in {source} whose {column} does not have the pattern {columns.patient_pattern}",
            "Correct the ids, or patient_pattern in the cohort's table.",
        )
        ids = patients
    return one_spelling(ids, f"the column {column} of {source}")


def named_patients(ids: pd.Series, pattern: str) -> pd.Series:
    """Take the part of each id that names the patient.

    Args:
        ids: Of images, tidy (``tidy_ids``) or not.
        pattern: Regular expression of whole ids with one group, the part that is wanted.

    Returns:
        The parts, null where an id does not have the pattern or the part is empty.
    """
    parts = tidy_ids(ids).str.extract(f"^(?:{pattern})$", expand=False).astype("string")
    return parts.mask(parts == "")


def _splits(rows: pd.DataFrame, path: pd.Series, column: str | None, source: Path) -> pd.Series:
    if column is None:
        return _all_null(rows)
    words = rows[column]
    splits = words.str.casefold().map(SPLIT_NAMES).astype("string")
    refuse(
        words.notna() & splits.isna(),
        path + " (" + words + ")",
        f"Images in {source} whose {column} is not one of {', '.join(SPLIT_NAMES)}",
        "Correct it, or leave it empty.",
    )
    return splits


def _order(rows: pd.DataFrame, path: pd.Series, column: str, source: Path) -> pd.Series:
    numbers = pd.to_numeric(rows[column], errors="coerce").astype("Float64")
    refuse(
        rows[column].notna() & ~np.isfinite(numbers.to_numpy(dtype=float, na_value=np.nan)),
        path + " (" + rows[column] + ")",
        f"Images in {source} whose {column} is no number",
        "Correct it, or leave it empty.",
    )
    return numbers


def _all_null(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.NA, index=rows.index, dtype="string")
