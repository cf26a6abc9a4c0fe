"""Who is in each split, where a data set says so."""

from typing import Any

import pandas as pd

from s3f_pipeline.splits.checks import SIDES

MOST_SITES = 8


def demographics(index: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """Describe age, sex and site of the images of each split.

    Args:
        index: With ``image_id`` and any of ``age`` (years), ``sex``, ``site``.
        splits: With ``image_id`` and ``split``.

    Returns:
        ``splits`` (those that exist, in order) and ``rows``, each with ``name`` and one text per split:
        mean and standard deviation of the age, shares of each sex and of the most frequent sites, and
        how many are not known. No rows where the index has none of the columns.
    """
    table = index.merge(splits[["image_id", "split"]], on="image_id", validate="1:1")
    sides = {side: table[table["split"] == side] for side in SIDES if (table["split"] == side).any()}
    rows = [{"name": "Images", "values": [f"{len(images):,}" for images in sides.values()]}]
    if "age" in table:
        rows.append({"name": "Age in years", "values": [_age(images["age"]) for images in sides.values()]})
    for column in ("sex", "site"):
        if column in table:
            for value in table[column].value_counts().index[:MOST_SITES]:
                shares = [_share(images[column] == value) for images in sides.values()]
                rows.append({"name": f"{column}: {value}", "values": shares})
            unknown = [_share(images[column].isna()) for images in sides.values()]
            rows.append({"name": f"{column}: not known", "values": unknown})
    return {"splits": list(sides), "rows": rows if len(rows) > 1 else []}


def _age(ages: pd.Series) -> str:
    known = ages.dropna().astype(float)
    unknown = f"; {ages.isna().sum():,} not known" if ages.isna().any() else ""
    if known.empty:
        return "not known"
    return f"{known.mean():.1f} ± {known.std(ddof=0):.1f}, median {known.median():.0f}{unknown}"


def _share(marked: pd.Series) -> str:
    is_marked = marked.fillna(False).astype(bool)
    return f"{is_marked.sum():,} ({100 * is_marked.mean():.1f} %)"
