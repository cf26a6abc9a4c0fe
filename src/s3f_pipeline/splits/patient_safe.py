"""The patient-safe protocol: no group on two sides, and the test set is left alone."""

from typing import Literal

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.checks import check_classes
from s3f_pipeline.splits.groups import join_groups
from s3f_pipeline.splits.stratify import choose_groups, deal_groups

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
    fold: int | None = None,
    folds: int = 5,
) -> pd.DataFrame:
    """Split a cohort so that no group stands on two sides.

    Official test images stay in the test set, all of them and unchanged, so that results can be
    compared with others'. Every other image whose group reaches into the test set is excluded.
    Validation is cut from what remains (official training and validation images alike). Where there
    is no official test set, one is cut first. Neither the order of the rows nor that of the files
    matters.

    In a cross-validation the folds take the place of the set that would be cut first: each fold is the
    test set once, or, where there is an official test set, the validation set once.

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
        fold: Number of the fold, from 0, or ``None`` outside of a cross-validation.
        folds: Number of folds.

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
    cuts = [("test", test_share)] * (not official.any()) + [("validation", validation_share)]
    if fold is not None:
        (split, _), *cuts = cuts
        _take_fold(table, split, fold, folds, seed=seed)
    for split, share in cuts:
        _cut(table, split, share, leave=2 if split == "test" else 1, seed=seed)
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
    _move(table, chosen, split, CUT)


def _take_fold(table: pd.DataFrame, split: str, fold: int, folds: int, *, seed: int) -> None:
    dealt = deal_groups(table[table["split"] == "train"], folds, seed=seed)
    _move(table, dealt[fold], split, f"fold {fold} of {folds}, {CUT}")


def _move(table: pd.DataFrame, groups: set[str], split: str, reason: str) -> None:
    moved = (table["split"] == "train") & table["group"].isin(groups)
    table.loc[moved, ["split", "reason"]] = [split, reason]
