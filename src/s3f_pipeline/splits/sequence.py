"""The order in which the files of a cohort are named, and runs of consecutive files."""

from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.names import LEAST_CASES, read_names


def file_order(
    index: pd.DataFrame, column: str | None = None, *, number: int = 1, merge_splits: bool = False
) -> pd.DataFrame:
    """Read from the names of files in which order they were named.

    Files of a pattern (``read_names``) are ordered by the fields of their names from left to right, as a
    person would sort them. Each official split counts for itself, unless ``merge_splits`` lays
    them over each other: then a file stands where its share of earlier files within its own split
    puts it, so that splits that were drawn from one list, and numbered anew, lie side by side again. Numbers
    that no two splits share may be one common numbering or two lists, which names cannot tell apart; so
    they are laid over each other likewise, and the images decide (``axis_evidence``) whether that is used.

    Args:
        index: With ``image_id``, ``path``, ``label``, ``official_split``.
        column: A column that orders the images of a label, whatever their names and splits.
        number: Which field comes first, before all that stand left of it, in patterns where it takes
            ``LEAST_CASES`` values and more.
        merge_splits: Whether patterns reach across official splits.

    Returns:
        In the order of ``index``: ``image_id``; ``pattern``; ``kind``, as ``read_names`` returns it;
        ``block``, files that share the first fields, as few as take ``LEAST_CASES`` values in all labels and
        splits together (``case_07_slice_*``); ``rank``, the place among the files of the pattern, from 0.
        All but the first are null for a file without fields.

    Raises:
        SplitError: If the index has no such column.
    """
    if column is not None:
        return _column_order(index, column)
    return _name_order(index, read_names(index), number, merge_splits)


def runs(order: pd.DataFrame, length: int) -> pd.Series:
    """Cut every pattern into runs of consecutive files.

    No block is torn: its files are in the run of its first file, however long it is.

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
    number = (place // length).clip(upper=count - 1).astype("Int64")
    number = number.groupby([order["pattern"], order["block"]]).transform("min")
    return (order["pattern"] + "/" + number.astype("string")).rename("sequence")


def orders_of(index: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """The orders that names allow for: from left to right, and with another field first.

    Args:
        index: As for ``file_order``.

    Returns:
        The number of the field that comes first -> ``file_order``, without those that change nothing.
    """
    names = read_names(index)
    most = names["fields"].dropna().map(len).max()
    orders = {1: _name_order(index, names, 1, merge_splits=False)}
    for number in range(2, 0 if pd.isna(most) else most + 1):
        order = _name_order(index, names, number, merge_splits=False)
        if not any(order["rank"].equals(other["rank"]) for other in orders.values()):
            orders[number] = order
    return orders


def _name_order(index: pd.DataFrame, names: pd.DataFrame, number: int, merge_splits: bool) -> pd.DataFrame:
    split, label = index["official_split"].fillna("").to_numpy(str), index["label"].to_numpy(str)
    alone = pd.Series(_join(split, label, names["pattern"]), index.index)
    table = _in_order(names, alone, number).assign(image_id=index["image_id"], pattern=alone)
    table["block"] = _join(split, table["block"])
    if merge_splits:
        table["pattern"] = _join(label, names["common"])
        share = (table["rank"] + 0.5) / table.groupby(alone)["rank"].transform("count")
        place = _in_order(names, table["pattern"], number)["rank"]
        table["rank"] = _ranks(table["pattern"], pd.DataFrame({"share": share, "place": place}))
    return _typed(table)


def _column_order(index: pd.DataFrame, column: str) -> pd.DataFrame:
    if column not in index:
        raise SplitError(
            f"The index has no column '{column}' to order its images by. It has {', '.join(map(str, index))}."
        )
    number = index[column].rank(method="dense").astype("Int64")
    pattern = index["label"].where(number.notna())
    rank = _ranks(pattern, pd.DataFrame({"number": number, "image_id": index["image_id"]}))
    columns = {"image_id": index["image_id"], "pattern": pattern, "kind": pattern, "rank": rank}
    return _typed(pd.DataFrame({**columns, "block": index["image_id"].where(number.notna())}))


def _in_order(names: pd.DataFrame, pattern: pd.Series, number: int) -> pd.DataFrame:
    """``kind``, ``block`` and ``rank`` of each file within its pattern."""
    parts = []
    for _, family in names.groupby("common"):
        fields = family["fields"].map(lambda values: _put_first(values, number - 1))
        if fields.str[0].nunique() < LEAST_CASES:
            fields = family["fields"]
        cases = _fields_of_cases(fields)
        for _, files in family.groupby(pattern[family.index]):
            own = fields[files.index]
            keys = sorted(zip(own, files["kind"], files["name"], range(len(files)), strict=True))
            rank = np.argsort([place for *_, place in keys])
            block = [str(values[:cases]) for values in own]
            parts.append(pd.DataFrame({"block": block, "rank": rank}, files.index))
    found = pd.concat(parts) if parts else pd.DataFrame({"block": [], "rank": []})
    return found.reindex(names.index).assign(kind=names["kind"])


def _put_first(fields: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return fields[place : place + 1] + fields[:place] + fields[place + 1 :]


def _fields_of_cases(fields: pd.Series) -> int:
    """How many of the first fields it takes to have enough values to name cases; all, if none has."""
    most = int(fields.map(len).max())
    enough = (count for count in range(1, most) if fields.str[:count].nunique() >= LEAST_CASES)
    return next(enough, most)


def _join(*texts: np.ndarray | pd.Series) -> np.ndarray:
    """Join with slashes; null where one is null."""
    joined = pd.Series(texts[0], dtype="string")
    for text in texts[1:]:
        joined = joined + "/" + pd.Series(np.asarray(text, dtype=object), dtype="string")
    return joined.to_numpy(dtype=object)


def _ranks(pattern: pd.Series, keys: pd.DataFrame) -> pd.Series:
    ordered = keys.assign(pattern=pattern)[pattern.notna()].sort_values(keys.columns.tolist())
    return ordered.groupby("pattern").cumcount().reindex(pattern.index)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    types = {"pattern": "string", "kind": "string", "block": "string", "rank": "Int64"}
    return table[["image_id", *types]].astype(types)
