"""The published protocol: the official splits as they are, leaks included."""

from typing import Literal

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.checks import check_classes
from s3f_pipeline.splits.groups import join_groups

OFFICIAL = "official"


def published_split(
    index: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    selection_split: Literal["validation", "test"],
) -> pd.DataFrame:
    """Split a cohort as its publication does.

    Args:
        index: With ``image_id``, ``label``, ``official_split``.
        groups: As ``make_groups`` returns them.
        selection_split: Which split chose the epoch. If ``test``, as in the S3F-Net notebooks,
            official validation images train too and there is no validation set.

    Returns:
        In the order of ``index``: ``image_id``, ``group``, ``split`` (``train``, ``validation`` or
        ``test``) and ``reason``.

    Raises:
        SplitError: If images have no official split, or a split or one of its classes is missing.
    """
    table = join_groups(index, groups)
    unassigned = int(table["official_split"].isna().sum())
    if unassigned:
        raise SplitError(
            f"{unassigned} of {len(table)} images have no official split, so the published protocol "
            f"cannot be followed. Use the patient-safe one, which cuts the splits itself."
        )
    pooled = selection_split == "test"
    table["split"] = np.where(
        pooled & table["official_split"].eq("validation"), "train", table["official_split"]
    )
    table["reason"] = OFFICIAL
    check_classes(table, ("train", "test") if pooled else ("train", "validation", "test"))
    return table[["image_id", "group", "split", "reason"]].astype("string")
