"""CSV and Parquet tables, as text."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from s3f_pipeline.cohorts.listing import some_of
from s3f_pipeline.errors import CohortError

SEPARATORS = (",", ";", "\t")
OLDEST = 130


def read_table(path: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """Read some columns of a table; all cells are text without blanks around it, empty ones null.

    Args:
        path: A Parquet file (``.parquet``), or text in UTF-8 with commas, semicolons or tabs.
        columns: Columns that must be there.
        optional: Columns that are read too if they are there.

    Raises:
        CohortError: If the file is missing, cannot be read, or lacks a column.
    """
    columns = list(columns)
    names = column_names(path)
    missing = set(columns) - set(names)
    if missing:
        raise CohortError(f"Columns missing in {path}: {some_of(missing)}. It has {', '.join(names)}.")
    wanted = [*columns, *(name for name in optional if name in names and name not in columns)]
    with _readable(path):
        table = pd.read_parquet(path, columns=wanted) if _is_parquet(path) else _read_text(path)[wanted]
    return table.apply(lambda column: _as_text(column, path))


def column_names(path: Path) -> list[str]:
    """List the columns of a table.

    Args:
        path: As ``read_table`` takes it.

    Raises:
        CohortError: If the file is missing or cannot be read.
    """
    if not path.is_file():
        raise CohortError(f"There is no table {path}. Put it there, or correct its name.")
    with _readable(path):
        if _is_parquet(path):
            from pyarrow.parquet import read_schema

            return read_schema(path).names
        return list(_read_text(path, rows=0).columns)


def refuse(bad: pd.Series, names: pd.Series, what: str, remedy: str) -> None:
    """Raise an error that counts and names the bad rows of a table.

    Args:
        bad: True for each bad row.
        names: By which the rows are known to the user.
        what: What the bad rows are.
        remedy: What to do.

    Raises:
        CohortError: If a row is bad.
    """
    if bad.any():
        shown = some_of(names[bad].fillna("(empty)"))
        raise CohortError(f"{what}: {bad.sum()} of {len(bad)} ({shown}). {remedy}")


def row_numbers(rows: pd.DataFrame | pd.Series) -> pd.Series:
    """Name rows ``row 1``, ``row 2`` and so on."""
    return pd.Series([f"row {number}" for number in range(1, len(rows) + 1)], index=rows.index)


def read_ages(text: pd.Series, path: Path) -> pd.Series:
    """Read ages in years, null where empty.

    Args:
        text: The column.
        path: Of the table, for the error, which keeps the cells to itself: they may be dates of birth.

    Raises:
        CohortError: If a cell is no age.
    """
    ages = pd.to_numeric(text, errors="coerce").astype("Float64")
    wrong = text.notna() & ~ages.between(0, OLDEST).fillna(False)
    refuse(
        wrong,
        row_numbers(text),
        f"Rows of {path} whose age is no number of years from 0 to {OLDEST}",
        "Correct them, or leave them empty.",
    )
    return ages


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise CohortError(
            f"Cannot read the table {path}: {error}. Save it again, as CSV in UTF-8 or as Parquet."
        ) from error


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _read_text(path: Path, rows: int | None = None) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    separator = max(SEPARATORS, key=header.count)
    table = pd.read_csv(
        path,
        sep=separator,
        dtype=str,
        encoding="utf-8-sig",
        keep_default_na=False,
        na_values=[""],
        nrows=rows,
    )
    if rows is None and not isinstance(table.index, pd.RangeIndex):
        raise ValueError("its rows have more cells than its header")
    table = table.rename(columns=str.strip)
    if not table.columns.is_unique:
        raise ValueError(f"two columns are called {table.columns[table.columns.duplicated()][0]}")
    return table


def _as_text(column: pd.Series, path: Path) -> pd.Series:
    kinds = set(column.dropna().map(type)) if column.dtype == object else set()
    if kinds & {bytes, list, dict, np.ndarray}:
        raise CohortError(
            f"The column {column.name} of {path} holds binary data or lists. Name a column of text or "
            f"numbers."
        )
    text = column.astype("string").str.strip()
    return text.mask(text == "")
