"""The patient-safe protocol: no group on two sides, and the test set is left alone."""

from typing import Literal

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.checks import check_classes
from s3f_pipeline.splits.groups import join_groups
from s3f_pipeline.splits.stratify import choose_groups

OFFICIAL = "official test image"
CUT = "cut by group, stratified by class"
REST = "rest of the training images"
TWIN_IN_TEST = "twin in test"
GROUP_IN_TEST = "group in test"
CONTRADICTORY = "twins with different labels"


def patient_safe_split(
    index: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    validation_share: float,
    test_share: float,
    seed: int,
    contradictory: Literal["exclude", "keep"],
) -> pd.DataFrame:
    """Split a cohort so that no group stands on two sides.

    Official test images stay in the test set, all of them and unchanged, so that results can be
    compared with others'. Every other image whose group reaches into the test set is excluded.
    Validation is cut from what remains (official training and validation images alike). Where there
    is no official test set, one is cut first. Neither the order of the rows nor that of the files
    matters.

    Args:
        index: With ``image_id``, ``label``, ``official_split`` (``test`` or anything else).
        groups: As ``make_groups`` returns them.
        validation_share: Of the images that are neither test nor excluded, in (0, 1). It is met to
            within half a group of the largest class, unless a class has so few groups that one of
            them is more than its share.
        test_share: Of all images that are not excluded, where there is no official test set.
        seed: Of the cuts.
        contradictory: ``exclude`` takes twins with different labels out of training and validation,
            and out of a test set that is cut here; in an official test set they stay. ``keep`` keeps
            them all.

    Returns:
        In the order of ``index``: ``image_id``, ``group``, ``split`` (``train``, ``validation``,
        ``test`` or ``excluded``) and ``reason``.

    Raises:
        SplitError: If a class is missing on a side or has too few groups.
    """
    table = join_groups(index, groups)
    official = table["official_split"].eq("test").fillna(False).to_numpy(dtype=bool)
    reasons = {
        OFFICIAL: official,
        TWIN_IN_TEST: _shares(table["twin_set"], official),
        GROUP_IN_TEST: _shares(table["group"], official),
        CONTRADICTORY: contradictory_images(table) & (contradictory == "exclude"),
    }
    table["reason"] = np.select(list(reasons.values()), list(reasons), REST)
    table["split"] = table["reason"].map({OFFICIAL: "test", REST: "train"}).fillna("excluded")
    if (table["split"] == "train").sum() == 0:
        raise SplitError(
            f"No image is left for training: of {len(table)}, {official.sum()} are official test "
            f"images and {(table['split'] == 'excluded').sum()} are excluded."
        )
    if not official.any():
        _cut(table, "test", test_share, leave=2, seed=seed)
    _cut(table, "validation", validation_share, leave=1, seed=seed)
    check_classes(table)
    return table[["image_id", "group", "split", "reason"]].astype("string")


def contradictory_images(table: pd.DataFrame) -> np.ndarray:
    """Mark the images whose twins carry another label.

    Args:
        table: With ``label`` and ``twin_set``.

    Returns:
        bool of shape (len(table),).
    """
    labels = table.groupby("twin_set")["label"].transform("nunique")
    return labels.gt(1).fillna(False).to_numpy(dtype=bool)


def _shares(names: pd.Series, marked: np.ndarray) -> np.ndarray:
    """Mark the images that share a name with a marked image."""
    return names.isin(names[marked].dropna()).to_numpy(dtype=bool)


def _cut(table: pd.DataFrame, split: str, share: float, *, leave: int, seed: int) -> None:
    rest = table[table["split"] == "train"]
    chosen = choose_groups(rest, share, leave=leave, seed=seed, purpose=f"{split} set")
    moved = (table["split"] == "train") & table["group"].isin(chosen)
    table.loc[moved, ["split", "reason"]] = [split, CUT]
