"""Runs of files that a split leaves whole."""

import numpy as np
import pandas as pd

from s3f_pipeline.splits.names import read_names
from s3f_pipeline.splits.sequence import file_order

ENDING = ".file"


def order_across_splits(index: pd.DataFrame, column: str | None = None, *, number: int = 1) -> pd.DataFrame:
    """The order of files as if there were no official splits.

    Folders of splits do not count: a file stands between those whose numbers lie around its own, whichever
    side they are on.

    Args:
        index: As for ``file_order``, as are all that follow.
        column: A column that orders the images.
        number: Which field comes first.
    """
    paths = read_names(index)["name"] + ENDING
    return file_order(index.assign(path=paths, official_split=None), column, number=number)


def in_held_run(sides: pd.Series, runs: pd.Series, order: pd.DataFrame) -> np.ndarray:
    """Mark the images whose run stands on one side.

    That is a run of which at least two images are used, all on one side, with no image of another side
    between them, whatever is known of it. Its neighbours before and after it may be on another side if they
    are in runs of their own; an image that no run holds may not.

    Args:
        sides: Side of each image, null for one that is not used.
        runs: Run of each image, null where it is in none.
        order: As ``file_order`` returns it, over all images that are numbered together, as
            ``order_across_splits`` does it.

    Returns:
        bool of shape (len(sides),).
    """
    table = pd.DataFrame(
        {"side": sides.to_numpy(), "run": runs.to_numpy(), "pattern": order["pattern"], "rank": order["rank"]}
    )
    used = table.dropna(subset=["side", "pattern"]).sort_values(["pattern", "rank"])
    held = [
        run
        for _, files in used.groupby("pattern")
        for run, places in files.groupby("run").indices.items()
        if len(places) > 1 and _is_on_one_side(files, np.asarray(places))
    ]
    return (table["side"].notna() & table["run"].isin(held)).to_numpy(dtype=bool)


def _is_on_one_side(files: pd.DataFrame, places: np.ndarray) -> bool:
    """Whether one run is on one side, given the files of its pattern in their order."""
    first, last = places[0], places[-1]
    beside = files.iloc[[place for place in (first - 1, last + 1) if 0 <= place < len(files)]]
    loose = beside["side"][beside["run"].isna()]
    return pd.concat([files["side"].iloc[first : last + 1], loose]).nunique() == 1
