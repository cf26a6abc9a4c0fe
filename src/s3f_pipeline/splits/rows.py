"""From the table of splits to rows of the image store."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError


class SplitRows(NamedTuple):
    """The images that one split takes from a store.

    Attributes:
        rows: Rows of the image store, int64 of shape (n,).
        labels: Class number of each row, int64 of shape (n,).
    """

    rows: np.ndarray
    labels: np.ndarray


def split_rows(index: pd.DataFrame, splits: pd.DataFrame, split: str, classes: Sequence[str]) -> SplitRows:
    """Look up which rows of the store one split takes.

    Args:
        index: With ``image_id`` and ``label``, in the order of the store.
        splits: With ``image_id`` and ``split``, in any order.
        split: ``train``, ``validation`` or ``test``.
        classes: Class names in the order of the outputs.

    Raises:
        SplitError: If splits and index do not list the same images.
    """
    if set(splits["image_id"]) != set(index["image_id"]):
        raise SplitError(
            "The splits do not list the images of the index: the data has changed since they were made. "
            "Make them again with --params=force=true."
        )
    side = splits.set_index("image_id")["split"].loc[index["image_id"]]
    rows = np.flatnonzero(side == split)
    labels = pd.Index(classes).get_indexer(pd.Index(index["label"].iloc[rows]))
    return SplitRows(rows, labels.astype(np.int64))
