"""The patient-safe protocol: no group on two sides, and the test set is left alone."""

from typing import Literal

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.checks import check_classes
from s3f_pipeline.splits.groups import join_groups
from s3f_pipeline.splits.held_runs import in_held_run
from s3f_pipeline.splits.stratify import choose_groups, deal_groups

OFFICIAL = "official test image"
OFFICIAL_VALIDATION = "official validation image"
CUT = "cut by group, stratified by class"
REST = "rest of the training images"
TWIN_IN_TEST = "twin in test"
GROUP_IN_TEST = "group in test"
TWIN_IN_VALIDATION = "twin in validation"
GROUP_IN_VALIDATION = "group in validation"
CONTRADICTORY = "twins with different labels"


def patient_safe_split(
    index: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    validation_share: float,
    test_share: float,
    seed: int,
    contradictory: Literal["exclude", "keep"],
    order: pd.DataFrame | None = None,
    official_test: Literal["keep", "cut"] = "keep",
    official_validation: Literal["keep", "cut"] = "keep",
    fold: int | None = None,
    folds: int = 5,
) -> pd.DataFrame:
    """Split a cohort so that no group stands on two sides.

    Official test images stay in the test set, all of them and unchanged, so that results can be
    compared with others'. Every other image whose group reaches into the test set is excluded. Official
    validation images stay in the validation set, and training images whose group reaches into it are
    excluded. What the data set does not have is cut from the training images: first a test set, then a
    validation set. Neither the order of the rows nor that of the files matters.

    In a cross-validation the folds take the place of the set that would be cut first: each fold is the
    test set once, or, where there is an official test set, the validation set once. Official training and
    validation images are dealt alike.

    Args:
        index: With ``image_id``, ``label``, ``official_split`` (``test``, ``validation`` or anything else).
        groups: As ``make_groups`` returns them.
        validation_share: Of the images that are neither test nor excluded, in (0, 1), where there is no
            official validation set. It is met to within half a group of the largest class, unless a
            class has so few groups that one of them is more than its share.
        test_share: Of all images that are neither validation nor excluded, where there is no official
            test set.
        seed: Of the cuts.
        contradictory: ``exclude`` takes twins with different labels out of training and validation,
            and out of a test set that is cut here; in an official test set they stay. ``keep`` keeps
            them all.
        order: Of files, as ``file_order`` returns it over all official splits, where groups are made of
            runs.
        official_test: ``cut`` takes official test images for training images, and cuts the test set anew.
        official_validation: ``cut`` takes official validation images for training images, and cuts the
            validation set anew.
        fold: Number of the fold, from 0, or ``None`` outside of a cross-validation.
        folds: Number of folds.

    Returns:
        In the order of ``index``: ``image_id``, ``group``, ``split`` (``train``, ``validation``,
        ``test`` or ``excluded``), ``reason``, and ``guarantee`` as ``make_groups`` tells it, but
        ``near_duplicate`` instead of ``sequence`` where a run does not stand on one side
        (``in_held_run``).

    Raises:
        SplitError: If a class is missing on a side or has too few groups.
    """
    table = join_groups(index, groups)
    official = _official(table, "test") & (official_test == "keep")
    keeps_validation = official_validation == "keep" and fold is None
    reasons = {
        OFFICIAL: official,
        TWIN_IN_TEST: _shares(table["twin_set"], official),
        GROUP_IN_TEST: _shares(table["group"], official),
        CONTRADICTORY: contradictory_images(table) & (contradictory == "exclude"),
    }
    validation = keeps_validation & _official(table, "validation") & ~np.any(list(reasons.values()), axis=0)
    reasons |= {
        OFFICIAL_VALIDATION: validation,
        TWIN_IN_VALIDATION: _shares(table["twin_set"], validation),
        GROUP_IN_VALIDATION: _shares(table["group"], validation),
    }
    table["reason"] = np.select(list(reasons.values()), list(reasons), REST)
    sides = {OFFICIAL: "test", OFFICIAL_VALIDATION: "validation", REST: "train"}
    table["split"] = table["reason"].map(sides).fillna("excluded")
    if (table["split"] == "train").sum() == 0:
        raise SplitError(
            f"No image is left for training: of {len(table)}, {official.sum()} are official test "
            f"images and {(table['split'] == 'excluded').sum()} are excluded."
        )
    cuts = [("test", test_share)] * (not official.any())
    cuts += [("validation", validation_share)] * (not validation.any())
    if fold is not None:
        (split, _), *cuts = cuts
        _take_fold(table, split, fold, folds, cuts=len(cuts), seed=seed)
    for number, (split, share) in enumerate(cuts, 1):
        _cut(table, split, share, leave=len(cuts) - number + 1, seed=seed)
    check_classes(table)
    if order is not None:
        used = table["split"].where(table["split"] != "excluded")
        is_torn = table["guarantee"].eq("sequence") & ~in_held_run(used, table["sequence"], order)
        table["guarantee"] = table["guarantee"].mask(is_torn, "near_duplicate")
    return table[["image_id", "group", "split", "reason", "guarantee"]].astype("string")


def contradictory_images(table: pd.DataFrame) -> np.ndarray:
    """Mark the images whose twins carry another label.

    Args:
        table: With ``label`` and ``twin_set``.

    Returns:
        bool of shape (len(table),).
    """
    labels = table.groupby("twin_set")["label"].transform("nunique")
    return labels.gt(1).fillna(False).to_numpy(dtype=bool)


def _official(table: pd.DataFrame, split: str) -> np.ndarray:
    return table["official_split"].eq(split).fillna(False).to_numpy(dtype=bool)


def _shares(names: pd.Series, marked: np.ndarray) -> np.ndarray:
    """Mark the images that share a name with a marked image."""
    return names.isin(names[marked].dropna()).to_numpy(dtype=bool)


def _cut(table: pd.DataFrame, split: str, share: float, *, leave: int, seed: int) -> None:
    rest = table[table["split"] == "train"]
    chosen = choose_groups(rest, share, leave=leave, seed=seed, purpose=f"{split} set")
    _move(table, chosen, split, CUT)


def _take_fold(table: pd.DataFrame, split: str, fold: int, folds: int, *, cuts: int, seed: int) -> None:
    """Move one fold; what remains must still hold groups for the cuts that follow."""
    each = 2 if cuts and folds == 2 else 1
    dealt = deal_groups(table[table["split"] == "train"], folds, each=each, seed=seed)
    _move(table, dealt[fold], split, f"fold {fold} of {folds}, {CUT}")


def _move(table: pd.DataFrame, groups: set[str], split: str, reason: str) -> None:
    moved = (table["split"] == "train") & table["group"].isin(groups)
    table.loc[moved, ["split", "reason"]] = [split, reason]
