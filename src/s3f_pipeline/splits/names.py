"""What names of files say: numbers that count, words that name cases, and words that name kinds."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

PART = re.compile(r"(?<!\d)\d{1,18}(?!\d)|[^\W\d_]+")  # longer numbers are identifiers, such as DICOM's
SPLIT_WORD = re.compile(r"train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?", re.IGNORECASE)
LEAST_CASES = 10  # values of what can name cases; fewer are views, sides, sites or years
SIDE_BY_SIDE = 0.5  # share of the files whose fields stand in a name of another kind too
LIMITS = {"year": (1900, 2099), "month": (1, 12), "day": (1, 31)}
LIMITS |= {"hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
DATES = (("year", "month", "day"), ("day", "month", "year"), ("month", "day", "year"))
TIME = ("hour", "minute", "second")

Columns = tuple[int, ...]
Part = tuple[int, int]
"""Fields of a name, the first of them and the one after the last."""


def read_names(index: pd.DataFrame) -> pd.DataFrame:
    """Read the fields of names: what varies among files that are named alike otherwise.

    A name is the path without its ending, and without the folders that all files of a label and official
    split share. Fields are groups of digits that vary; words that take ``LEAST_CASES`` values and more and
    stand on two files and more on average (``anna/1.png``); and dates, with or without a time. All other
    words are the kind of a name. Names of several kinds share a pattern where their fields coincide
    (``0001_L``, ``0001_R``), and have patterns of their own otherwise.

    Args:
        index: With ``path``, ``label``, ``official_split``.

    Returns:
        In the order of ``index``: ``name``; ``pattern``, the name with ``#`` for its first field and ``*``
        for what varies besides; ``common``, the same with ``*`` for the names of splits; ``kind``;
        ``fields``, their values from left to right; ``spans``, where in the name each begins and ends.
        All but the first are null for a file without fields.
    """
    names = _below_shared_folders(index)
    skeletons = names.map(lambda name: PART.sub(lambda part: "\1" if part[0].isdecimal() else "\2", name))
    split = index["official_split"].fillna("").astype(str)
    rows = [
        row
        for _, alike in names.groupby([index["label"].to_numpy(str), skeletons.to_numpy(str)])
        for row in _read_alike(alike, split[alike.index])
    ]
    columns = ["row", "pattern", "common", "kind", "fields", "spans"]
    found = pd.DataFrame(rows, columns=columns).set_index("row").reindex(index.index)
    return found.astype({"pattern": "string", "common": "string", "kind": "string"}).assign(name=names)


def parts_of(index: pd.DataFrame) -> dict[Part, pd.Series]:
    """What files may share by name: the first fields, and each other field by itself.

    Args:
        index: As for ``read_names``.

    Returns:
        Part -> the pattern and the values of these fields for each file; null where they take fewer than
        ``LEAST_CASES`` values in files that are named alike, whatever their label, or no two of these share
        them. Parts that are null throughout are left out.
    """
    names = read_names(index)
    pattern = index["official_split"].fillna("").astype(str) + "/" + index["label"] + "/" + names["pattern"]
    fields = names["fields"].dropna()
    most = fields.map(len).max() if len(fields) else 0
    parts = [(0, stop) for stop in range(1, most + 1)] + [(place, place + 1) for place in range(1, most)]
    found = {}
    for start, stop in parts:
        values = fields[fields.map(len) >= stop].map(lambda some, at=slice(start, stop): str(some[at]))
        alike = values.groupby(names["common"][values.index])
        cases, files = alike.transform("nunique"), alike.transform("size")
        shared = (pattern + " " + values).where((cases >= LEAST_CASES) & (cases < files))
        if shared.notna().any():
            found[start, stop] = shared
    return found


def part_pattern(index: pd.DataFrame, part: Part) -> dict[str, str | None]:
    """Write down a part of names, for people and as a regular expression.

    Args:
        index: As for ``read_names``.
        part: One of ``parts_of``.

    Returns:
        ``name`` and ``text``, a name and the part of it; ``pattern``, an expression of whole paths below the
        folder of a class, with endings, whose one group is the part, ``None`` where names differ too
        much for one.
    """
    names = read_names(index).dropna(subset="fields")
    names = names[names["fields"].map(len) >= part[1]]
    kinds = names["kind"].groupby([names["pattern"], index["label"][names.index]])
    whole = part[0] == 0 and not (kinds.transform("nunique") > 1).any()
    bounds = [(0 if whole else spans[part[0]][0], spans[part[1] - 1][1]) for spans in names["spans"]]
    cut = [(name[:start], name[start:end]) for name, (start, end) in zip(names["name"], bounds, strict=True)]
    paths = [
        f"/{path}".partition(f"/{label}/")[2] or path
        for path, label in zip(index["path"], index["label"], strict=True)
    ]
    for words in (re.escape, lambda _: r"[^\W\d_]+"):
        patterns = {f"{_expression(before, words)}({_expression(text, words)})" for before, text in cut}
        for lead in ("", ".*/"):
            pattern = f"{lead}{min(patterns)}.*"
            if len(patterns) == 1 and all(re.fullmatch(pattern, path) for path in paths):
                return {"name": names["name"].iloc[0], "text": cut[0][1], "pattern": pattern}
    return {"name": names["name"].iloc[0], "text": cut[0][1], "pattern": None}


def _expression(text: str, words: Callable[[str], str]) -> str:
    """A regular expression of a piece of a name, with any number for numbers."""
    pieces, end = [], 0
    for part in PART.finditer(text):
        pieces += [re.escape(text[end : part.start()])]
        pieces += [r"\d+" if part[0].isdecimal() else words(part[0])]
        end = part.end()
    return "".join([*pieces, re.escape(text[end:])])


def _below_shared_folders(index: pd.DataFrame) -> pd.Series:
    stems = index["path"].map(_without_ending).astype(str)
    folders = stems.map(os.path.dirname)
    by = [index["label"].to_numpy(str), index["official_split"].fillna("").to_numpy(str)]
    shared = folders.groupby(by).transform(lambda some: os.path.commonpath(list(some)))
    return pd.Series(
        [stem[len(folder) :].lstrip("/") for stem, folder in zip(stems, shared, strict=True)], index.index
    )


def _without_ending(path: str) -> str:
    pure = PurePosixPath(path)
    return str(pure if pure.suffix[1:].isdigit() else pure.with_suffix(""))


def _read_alike(names: pd.Series, split: pd.Series) -> Iterator[tuple[Any, ...]]:
    """Read names that differ in digits and words alone."""
    parts = np.array([PART.findall(name) for name in names], dtype=object)
    numbers = [place for place, part in enumerate(parts[0]) if part.isdecimal()]
    words = [place for place in range(parts.shape[1]) if place not in numbers]
    cases = [place for place in words if LEAST_CASES <= len(set(parts[:, place])) <= len(names) / 2]
    parts[:, numbers] = parts[:, numbers].astype(np.int64).astype(object)
    kinds = pd.Series(["/".join(_kind(row)) for row in np.delete(parts, numbers + cases, axis=1)])
    fields = pd.Series([tuple(row) for row in parts[:, sorted(numbers + cases)]])
    if _stand_side_by_side(split.reset_index(drop=True), fields, kinds):
        families = [np.arange(len(names))]
    else:
        families = [members.index.to_numpy() for _, members in kinds.groupby(kinds)]
    for rows in families:
        some = parts[rows]
        varies = {place for place in range(parts.shape[1]) if len(rows) == 1 or len(set(some[:, place])) > 1}
        fields_of = [field for field in _fields(some, numbers, cases) if varies.intersection(field)]
        if not fields_of:
            continue
        words_that_vary = {place for place in words if len({_kind([word])[0] for word in some[:, place]}) > 1}
        marks = dict.fromkeys(words_that_vary, "*") | {
            place: "#" if field is fields_of[0] else "*" for field in fields_of for place in field
        }
        chosen = names.iloc[rows]
        for row, name, kind, values in zip(chosen.index, chosen, kinds[rows], some, strict=True):
            found = list(PART.finditer(name))
            pattern = _mark(name, marks)
            yield (
                row,
                pattern,
                PART.sub(lambda part: "*" if SPLIT_WORD.fullmatch(part[0]) else part[0], pattern),
                kind,
                tuple(tuple(values[list(field)]) for field in fields_of),
                tuple(
                    (min(found[place].start() for place in field), max(found[place].end() for place in field))
                    for field in fields_of
                ),
            )


def _kind(words: Any) -> list[str]:
    return ["" if SPLIT_WORD.fullmatch(word) else word for word in words]


def _stand_side_by_side(split: pd.Series, fields: pd.Series, kinds: pd.Series) -> bool:
    """Whether most files have a file of another kind with equal fields in the same split."""
    return bool((kinds.groupby([split, fields]).transform("nunique") > 1).mean() >= SIDE_BY_SIDE)


def _fields(parts: np.ndarray, numbers: list[int], cases: list[int]) -> list[Columns]:
    """Columns of each field, from left to right; those of a date from year to second."""
    fields: list[Columns] = [(place,) for place in cases]
    left = list(numbers)
    while left:
        field = _date(parts, left) or (left[0],)
        fields.append(field)
        left = left[len(field) :]
    return sorted(fields, key=min)


def _date(parts: np.ndarray, numbers: list[int]) -> Columns | None:
    """Columns of the date with which some numbers begin, and of the time that follows it."""
    for order in DATES:
        if _fits(parts, numbers[:3], order):
            date = tuple(numbers[order.index(unit)] for unit in DATES[0])
            return (*date, *numbers[3:6]) if _fits(parts, numbers[3:6], TIME) else date
    return None


def _fits(parts: np.ndarray, columns: list[int], units: tuple[str, ...]) -> bool:
    """Whether numbers between which no word stands can be these units."""
    if len(columns) < len(units) or columns[-1] - columns[0] >= len(units):
        return False
    limits = [LIMITS[unit] for unit in units]
    return all(
        low <= min(parts[:, column]) and max(parts[:, column]) <= high
        for column, (low, high) in zip(columns, limits, strict=True)
    )


def _mark(name: str, marks: dict[int, str]) -> str:
    """Replace the parts that have a mark by it."""
    place = iter(range(len(name)))
    return PART.sub(lambda part: marks.get(next(place), part[0]), name)
