"""Who is in each split, where a data set says so."""

from typing import Any

import pandas as pd

from s3f_pipeline.splits.checks import SIDES

MOST_SITES = 8
UNKNOWN = "\N{EM DASH}"


def demographics(index: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """Describe age, sex and site of the images of each split.

    Args:
        index: With ``image_id`` and any of ``age`` (years), ``sex``, ``site``.
        splits: With ``image_id`` and ``split``.

    Returns:
        ``splits`` (those that exist, in order) and ``rows``, each with ``name`` and one text per split:
        mean, standard deviation and median of the age, shares of each sex and of the ``MOST_SITES`` most
        frequent sites, and how many are not known. Images are counted, so a patient with many counts
        often. No rows where the index has none of the columns.
    """
    table = index.merge(splits[["image_id", "split"]], on="image_id", validate="1:1")
    sides = {side: table[table["split"] == side] for side in SIDES if (table["split"] == side).any()}
    rows = [{"name": "Images", "values": [f"{len(images):,}" for images in sides.values()]}]
    if "age" in table:
        ages = [images["age"].astype("Float64") for images in sides.values()]
        rows.append({"name": "age: mean ± SD, years", "values": [_mean(age) for age in ages]})
        rows.append({"name": "age: median, years", "values": [_median(age) for age in ages]})
        rows.append({"name": "age: not known", "values": [_share(age.isna()) for age in ages]})
    for column in ("sex", "site"):
        if column in table:
            frequent = table[column].value_counts().index[:MOST_SITES]
            marks = {str(value): table[column] == value for value in frequent}
            marks["other"] = table[column].notna() & ~table[column].isin(frequent)
            marks["not known"] = table[column].isna()
            for name, marked in marks.items():
                if name != "other" or marked.any():
                    shares = [_share(marked[images.index]) for images in sides.values()]
                    rows.append({"name": f"{column}: {name}", "values": shares})
    return {"splits": list(sides), "rows": rows if len(rows) > 1 else []}


def _mean(ages: pd.Series) -> str:
    known = ages.dropna()
    return UNKNOWN if known.empty else f"{known.mean():.1f} ± {known.std(ddof=0):.1f}"


def _median(ages: pd.Series) -> str:
    known = ages.dropna()
    return UNKNOWN if known.empty else f"{known.median():.0f}"


def _share(marked: pd.Series) -> str:
    is_marked = marked.fillna(False).astype(bool)
    return f"{is_marked.sum():,} ({100 * is_marked.mean():.1f}\N{NO-BREAK SPACE}%)"
