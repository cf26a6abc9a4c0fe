"""The patient-safe protocol: no group on two sides, and the test set is left alone.

Official test images stay in the test set, all of them and unchanged, so that results can be compared with
others'. Every other image whose group reaches into the test set is excluded. Official validation images stay
in the validation set, and training images whose group reaches into it are excluded. What the data set does
not have is cut from the training images: first a test set, then a validation set.

In a cross-validation the folds take the place of the set that would be cut first: each fold is the test set
once, or, where there is an official test set, the validation set once. Official training and validation
images are dealt alike.
"""

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
SIDE_OF = {OFFICIAL: "test", OFFICIAL_VALIDATION: "validation", REST: "train"}


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
    """Split a cohort so that no group stands on two sides, whatever the order of rows and files.

    Args:
        index: With ``image_id``, ``label``, ``official_split`` (``test``, ``validation`` or anything else).
        groups: As ``make_groups`` returns them.
        validation_share: Of the images that are neither test nor excluded, in (0, 1), if it is cut. It is met
            to within half a group of the largest class, unless one group of a class is more than its share.
        test_share: Of all images that are neither validation nor excluded, if it is cut.
        seed: Of the cuts.
        contradictory: ``exclude`` takes twins with different labels out of training, validation and a test
            set that is cut; in an official test set they stay. ``keep`` keeps them all.
        order: As ``file_order`` returns it over all official splits, where groups are made of runs.
        official_test: ``cut`` takes official test images for training images, and cuts the test set anew.
        official_validation: ``cut`` likewise.
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
    table["reason"] = _reasons(
        table,
        keeps_test=official_test == "keep",
        keeps_validation=official_validation == "keep" and fold is None,
        excludes_contradictory=contradictory == "exclude",
    )
    table["split"] = table["reason"].map(SIDE_OF).fillna("excluded")
    _check_that_some_are_left(table)
    kept, shares = set(table["split"]), {"test": test_share, "validation": validation_share}
    cuts = [(split, share) for split, share in shares.items() if split not in kept]
    if fold is not None:
        (split, _), *cuts = cuts
        _take_fold(table, split, fold, folds, cuts=len(cuts), seed=seed)
    for number, (split, share) in enumerate(cuts, 1):
        _cut(table, split, share, leave=len(cuts) - number + 1, seed=seed)
    check_classes(table)
    if order is not None:
        table["guarantee"] = _guarantee_of_runs(table, order)
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


def _reasons(
    table: pd.DataFrame, *, keeps_test: bool, keeps_validation: bool, excludes_contradictory: bool
) -> np.ndarray:
    """Why each image stands where it does before anything is cut; the first reason counts."""
    test = keeps_test & _official(table, "test")
    reasons = {
        OFFICIAL: test,
        TWIN_IN_TEST: _shares(table["twin_set"], test),
        GROUP_IN_TEST: _shares(table["group"], test),
        CONTRADICTORY: excludes_contradictory & contradictory_images(table),
    }
    validation = keeps_validation & _official(table, "validation") & ~np.any(list(reasons.values()), axis=0)
    reasons |= {
        OFFICIAL_VALIDATION: validation,
        TWIN_IN_VALIDATION: _shares(table["twin_set"], validation),
        GROUP_IN_VALIDATION: _shares(table["group"], validation),
    }
    return np.select(list(reasons.values()), list(reasons), REST)


def _check_that_some_are_left(table: pd.DataFrame) -> None:
    count = table["split"].value_counts()
    if "train" not in count:
        raise SplitError(
            f"No image is left for training: of {len(table)}, {count.get('test', 0)} are official test "
            f"images and {count.get('excluded', 0)} are excluded."
        )


def _guarantee_of_runs(table: pd.DataFrame, order: pd.DataFrame) -> pd.Series:
    """What is kept apart where some runs do not stand on one side."""
    used = table["split"].where(table["split"] != "excluded")
    is_torn = table["guarantee"].eq("sequence") & ~in_held_run(used, table["sequence"], order)
    return table["guarantee"].mask(is_torn, "near_duplicate")


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
