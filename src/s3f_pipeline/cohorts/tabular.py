"""CSV and Parquet tables, as text."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from s3f_pipeline.cohorts.listing import some_of
from s3f_pipeline.errors import CohortError

SEPARATORS = (",", ";", "\t")
OLDEST = 130


def read_table(path: Path, columns: Iterable[str]) -> pd.DataFrame:
    """Read a table; all cells are text, empty ones null.

    Args:
        path: A Parquet file (``.parquet``), or text in UTF-8 with commas, semicolons or tabs.
        columns: Columns that must be there.

    Raises:
        CohortError: If the file is missing, cannot be read, or lacks a column.
    """
    if not path.is_file():
        raise CohortError(f"There is no table {path}. Put it there, or correct its name.")
    try:
        table = pd.read_parquet(path) if path.suffix.lower() == ".parquet" else _read_text(path)
    except (OSError, ValueError) as error:
        raise CohortError(
            f"Cannot read the table {path}: {error}. Save it again, as CSV in UTF-8 or as Parquet."
        ) from error
    missing = set(columns) - set(table.columns)
    if missing:
        raise CohortError(
            f"Columns missing in {path}: {some_of(missing)}. It has {', '.join(map(str, table.columns))}."
        )
    return table.astype("string").replace("", pd.NA)


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


def _read_text(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    separator = max(SEPARATORS, key=header.count)
    table = pd.read_csv(
        path, sep=separator, dtype=str, encoding="utf-8-sig", keep_default_na=False, na_values=[""]
    )
    if not isinstance(table.index, pd.RangeIndex):
        raise ValueError("its rows have more cells than its header")
    return table
