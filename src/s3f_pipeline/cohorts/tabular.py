"""CSV and Parquet tables, as text."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from s3f_pipeline.cohorts.listing import some_of
from s3f_pipeline.errors import CohortError
from s3f_pipeline.spelling import compose, show

SEPARATORS = (",", ";", "\t")
OTHER_SEPARATORS = ("|", ":", " ")
OLDEST = 130
OTHER_FORMATS = {
    b"PK\x03\x04": "an Excel workbook, or another zip file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of the old kind",
    b"\x1f\x8b": "a gzip file",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"%PDF": "a PDF file",
}
"""By their first bytes, files that are no table whatever their ending says."""
PARQUET = b"PAR1"
EXACT = {2: 2**11, 4: 2**24, 8: 2**53}
"""By the bytes of a floating-point number, the whole number from which on not every one can be told."""


def read_table(path: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """Read some columns of a table; all cells are text without blanks around it, empty ones null.

    An index that pandas has written into a Parquet file is a column like any other.

    Args:
        path: A Parquet file (``.parquet``), or text in UTF-8 with commas, semicolons or tabs.
        columns: Columns that must be there.
        optional: Columns that are read too if they are there.

    Raises:
        CohortError: If the file is missing, cannot be read, lacks a column or has one twice, or a row of it
            has more or fewer cells than its header.
    """
    columns = list(columns)
    names = column_names(path)
    composed = [compose(name) for name in names]
    missing = {name for name in columns if compose(name) not in composed}
    if missing:
        has = f"It has {', '.join(map(show, names))}.{_separator_hint(names)}"
        raise CohortError(f"Columns missing in {path}: {some_of(missing)}. {has}")
    wanted = [*columns, *(name for name in optional if name in composed and name not in columns)]
    places = [composed.index(compose(name)) for name in wanted]
    with _readable(path):
        if _is_parquet(path):
            table = _read_parquet(path, [names[place] for place in places])
        else:
            table = _read_text(path).iloc[:, places]
        return table.set_axis(wanted, axis=1).apply(lambda column: _as_text(column, path))


def column_names(path: Path) -> list[str]:
    """List the columns of a table.

    Args:
        path: As ``read_table`` takes it.

    Raises:
        CohortError: If the file is missing or cannot be read, or two columns have one name.
    """
    if not path.is_file():
        raise CohortError(f"There is no table {path}. Put it there, or correct its name.")
    with _readable(path):
        _refuse_other_formats(path)
        if _is_parquet(path):
            from pyarrow.parquet import read_schema

            names = list(read_schema(path).names)
        else:
            names = list(_read_text(path, rows=0).columns)
    counts = Counter(compose(name) for name in names if name)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise CohortError(
            f"Two columns of {path} are called {twice[0]}. Rename one or remove it: nobody can tell which is "
            f"meant."
        )
    return names


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
    except UnicodeDecodeError as error:
        raise CohortError(
            f"Cannot read the table {path}: it is not in UTF-8 (byte {error.start + 1} is "
            f"0x{error.object[error.start]:02x}), but perhaps in Latin-1 or Windows-1252. Save it again, as "
            f"CSV in UTF-8 or as Parquet."
        ) from error
    except (OSError, ValueError, csv.Error, ArrowException) as error:
        raise CohortError(
            f"Cannot read the table {path}: {str(error).rstrip('.')}. Save it again, as CSV in UTF-8 or as "
            f"Parquet."
        ) from error


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _refuse_other_formats(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    for magic, what in OTHER_FORMATS.items():
        if start.startswith(magic):
            raise ValueError(f"it is {what}")
    if start == PARQUET and not _is_parquet(path):
        raise ValueError("it is a Parquet file, and its name must end in .parquet")


def _separator_hint(names: list[str]) -> str:
    """Say what separates the columns, where a header has but one cell with a separator that is none."""
    found = [separator for separator in OTHER_SEPARATORS if len(names) == 1 and separator in names[0]]
    return f" Are they separated by '{found[0]}'? Use commas, semicolons or tabs." if found else ""


def _read_parquet(path: Path, columns: list[str]) -> pd.DataFrame:
    from pyarrow.parquet import read_table as read

    table = read(path, columns=columns, partitioning=None)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    return frame[columns]


def _read_text(path: Path, rows: int | None = None) -> pd.DataFrame:
    """Read a text table whole, or its header alone (``rows`` is 0)."""
    text = path.read_bytes().decode("utf-8-sig")
    if "\0" in text:
        raise ValueError("it holds bytes of zeros, as binary files do")
    lines = StringIO(text.lstrip(), newline="")
    first = lines.readline()
    if not first:
        raise ValueError("it is empty")
    lines.seek(0)
    reader = csv.reader(lines, delimiter=max(SEPARATORS, key=first.count), strict=True)
    cells = (row for row in reader if row)
    header = [name.strip() for name in next(cells)]
    table = []
    for row in islice(cells, rows):
        if len(row) != len(header):
            raise ValueError(
                f"line {reader.line_num} has {len(row)} cells, but the header has {len(header)} "
                f"(a cell with a separator in it needs quotation marks)"
            )
        table.append(row)
    return pd.DataFrame(table, columns=header, dtype=str)


def _as_text(column: pd.Series, path: Path) -> pd.Series:
    kinds = set(column.dropna().map(type)) if column.dtype == object else set()
    if kinds & {bytes, list, dict, np.ndarray}:
        raise CohortError(
            f"The column {column.name} of {path} holds binary data or lists. Name a column of text or "
            f"numbers."
        )
    numbers = column.to_numpy()
    if numbers.dtype.kind == "f":
        if (abs(numbers) >= EXACT[numbers.dtype.itemsize]).any():
            raise CohortError(
                f"The column {column.name} of {path} holds numbers that are too long for floating point: "
                f"their last digits are lost. Take them from their source again, as text or whole numbers."
            )
        column = column.astype("float64")
    text = column.astype("string").str.strip()
    return text.mask(text == "")
