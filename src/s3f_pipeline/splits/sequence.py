"""The order in which the files of a cohort are numbered, and runs of consecutive files."""

import re
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError

DIGITS = re.compile(r"(?<!\d)\d{1,18}(?!\d)")  # longer ones are identifiers, such as those of DICOM
SPLIT_WORDS = re.compile(
    r"(?<![a-z])(?:train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?)(?![a-z])", re.IGNORECASE
)


def file_order(index: pd.DataFrame, column: str | None = None, *, merge_splits: bool = False) -> pd.DataFrame:
    """Read from the names of files in which order they were numbered.

    Files of one label whose names differ in digits alone share a pattern. The number of a file is the
    group of digits that takes the most values among them, the last of several; other digits that vary
    break ties, from left to right. Each official split counts for itself, unless ``merge_splits`` lays
    them over each other: then a file stands where its share of smaller numbers within its own split
    puts it, so that splits that were drawn from one list, and numbered anew, lie side by side again.

    Args:
        index: With ``image_id``, ``path``, ``label``, ``official_split``.
        column: A column that orders the images of a label, whatever their names and splits.
        merge_splits: Whether patterns reach across official splits.

    Returns:
        In the order of ``index``: ``image_id``; ``pattern``, with ``#`` for the number and ``*`` for
        other digits that vary; ``number``; ``rank``, the place among the files of the pattern, from 0.
        The last three are null for a file without a number.

    Raises:
        SplitError: If the index has no such column.
    """
    if column is not None:
        return _column_order(index, column)
    parts = _read_names(index)
    split, label = index["official_split"].fillna("").to_numpy(str), index["label"].to_numpy(str)
    keys = ["number", "others", "stem"]
    alone = pd.DataFrame({"pattern": _join(split, label, parts["text"])}, index.index)
    if not merge_splits:
        return _table(index, alone["pattern"], parts["number"], _ranks(alone["pattern"], parts[keys]))
    merged = _join(label, parts["common_text"])
    family = pd.Series(_join(split, merged), index.index)
    place = _ranks(family, parts[keys])
    share = (place + 0.5) / place.groupby(family).transform("count")
    ranks = _ranks(pd.Series(merged, index.index), parts[keys].assign(number=share))
    return _table(index, pd.Series(merged, index.index), parts["number"], ranks)


def runs(order: pd.DataFrame, length: int) -> pd.Series:
    """Cut every pattern into runs of consecutive files.

    Args:
        order: As ``file_order`` returns it, or some rows of it.
        length: Files of one run, at least 1. What is left at the end is a run of its own from half of
            that, and joins the run before otherwise.

    Returns:
        ``sequence``, the name of each file's run, in the order of ``order``; null without a number.

    Raises:
        SplitError: If the length is below 1.
    """
    if length < 1:
        raise SplitError(f"A run of {length} files cannot be cut. Give a length of at least 1.")
    by_pattern = order.groupby("pattern")["rank"]
    place, files = by_pattern.rank(method="first") - 1, by_pattern.transform("count")
    count = ((files + length / 2) // length).clip(lower=1)
    number = np.minimum(place // length, count - 1)
    names = order["pattern"] + "/" + number.astype("Int64").astype("string")
    return names.rename("sequence")


def _column_order(index: pd.DataFrame, column: str) -> pd.DataFrame:
    if column not in index:
        raise SplitError(
            f"The index has no column '{column}' to order its images by. It has {', '.join(map(str, index))}."
        )
    number = index[column].rank(method="dense").astype("Int64")
    keys = pd.DataFrame({"number": number, "stem": index["image_id"]})
    pattern = index["label"].where(number.notna())
    return _table(index, pattern, number, _ranks(pattern, keys))


def _read_names(index: pd.DataFrame) -> pd.DataFrame:
    """For each file: ``stem``, ``number``, ``others``, ``text`` and ``common_text``, without split words."""
    stems = index["path"].map(_stem).astype(str)
    skeleton = stems.map(lambda stem: DIGITS.sub("\0", SPLIT_WORDS.sub("\1", stem)))
    rows = []
    for _, files in stems.groupby([index["label"].to_numpy(str), skeleton]):
        digits = np.array([DIGITS.findall(stem) for stem in files], dtype=object).astype(np.int64)
        values = np.array([len(np.unique(numbers)) for numbers in digits.T])
        if values.size == 0:
            continue
        main = values.size - 1 - int(values[::-1].argmax())
        marks = ["#" if place == main else "*" if n > 1 else None for place, n in enumerate(values)]
        others = [place for place in range(values.size) if marks[place] == "*"]
        for row, stem, numbers in zip(files.index, files, digits, strict=True):
            text = _mark(stem, marks)
            rows.append((row, numbers[main], tuple(numbers[others]), text, SPLIT_WORDS.sub("*", text)))
    columns = ["row", "number", "others", "text", "common_text"]
    found = pd.DataFrame(rows, columns=columns).set_index("row").reindex(index.index)
    return found.assign(stem=stems, number=found["number"].astype("Int64"))


def _stem(path: str) -> str:
    pure = PurePosixPath(path)
    return pure.name if pure.suffix[1:].isdigit() else pure.stem


def _mark(stem: str, marks: list[str | None]) -> str:
    """Replace the digits that have a mark by it."""
    replacements = iter(marks)
    return DIGITS.sub(lambda found: next(replacements) or found[0], stem)


def _join(*texts: np.ndarray | pd.Series) -> np.ndarray:
    """Join with slashes; null where one is null."""
    joined = pd.Series(texts[0], dtype="string")
    for text in texts[1:]:
        joined = joined + "/" + pd.Series(np.asarray(text, dtype=object), dtype="string")
    return joined.to_numpy(dtype=object)


def _ranks(pattern: pd.Series, keys: pd.DataFrame) -> pd.Series:
    ordered = keys.assign(pattern=pattern)[pattern.notna()].sort_values(keys.columns.tolist())
    return ordered.groupby("pattern").cumcount().reindex(pattern.index).astype("Int64")


def _table(index: pd.DataFrame, pattern: pd.Series, number: pd.Series, rank: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"image_id": index["image_id"], "pattern": pattern, "number": number, "rank": rank})
    return table.astype({"pattern": "string"})
