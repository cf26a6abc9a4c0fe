"""Two splits that differ in a leak alone, so that what the leak is worth can be measured.

Both have the same test and the same validation images, and training sets of as many images of each class.
``leak_free`` is the patient-safe split. ``leaking`` also trains on images that share a twin, or a patient,
with test images, and on as many random others less.

Where the official test set is kept, the images that leak are some of those that the patient-safe split
excludes. Where the test set was cut, there are none: half of the test images of each set of twins, or of each
patient, are held back from both test sets for it.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError
from s3f_pipeline.identity import components
from s3f_pipeline.splits.checks import SIDES
from s3f_pipeline.splits.groups import subject_links
from s3f_pipeline.splits.patient_safe import OFFICIAL, contradictory_images

Leak = Literal["twins", "subject"]
LEAKING = {"twins": "leak: twin in test", "subject": "leak: subject in test"}
"""Reason of the training images that leak, by kind of leak."""
REPLACED = "replaced by an image that leaks"
HELD_BACK = "held back from the test set, to leak"
CONCERNED = ", with a leak"
"""What the reason of a test image ends in, in both splits, whose twin or subject leaks."""


class Injection(NamedTuple):
    """Both splits, with the columns and the order of the patient-safe one."""

    leak_free: pd.DataFrame
    leaking: pd.DataFrame


def leak_of(index: pd.DataFrame, asked: Literal["auto", "twins", "subject"]) -> Leak:
    """Say which leak is injected: what is asked for, or subjects where any are known, else twins."""
    if asked != "auto":
        return asked
    known = any(column.notna().any() for column in subject_links(index))
    return "subject" if known else "twins"


def inject(
    index: pd.DataFrame,
    groups: pd.DataFrame,
    safe: pd.DataFrame,
    *,
    leak: Leak,
    contradictory: Literal["exclude", "keep"],
    seed: int,
) -> Injection:
    """Make the two splits, whatever the order of rows.

    Args:
        index: With ``image_id``, ``label`` and the columns that tell subjects.
        groups: As ``make_groups`` returns them.
        safe: As ``patient_safe_split`` returns it.
        leak: ``twins`` of test images leak, or all images of their ``subject``, twins included.
        contradictory: ``exclude`` lets no twins with different labels leak.
        seed: Of what is drawn.

    Returns:
        Both splits. Of each class as many images leak as there are training images at most. The guarantee of
        images whose group is on two sides is ``none``.

    Raises:
        SplitError: If no image can leak.
    """
    table = _drawn(_joined(index, groups, safe, leak), seed)
    allowed = np.ones(len(table), bool)
    if contradictory == "exclude":
        allowed = ~contradictory_images(table)
    trained = (table["split"] == "train").to_numpy(bool)
    leaks = _first_of_each_class(table, _candidates(table, allowed), like=trained)
    if not leaks.any():
        shared, other = ("a twin", "subject") if leak == "twins" else ("a known subject", "twins")
        raise SplitError(
            f"Nothing can leak: no image that could stand in training shares {shared} with a test image. Try "
            f"--params=leakage_effect.leak={other}, or another cohort."
        )
    table["reason"] = table["reason"].mask(_concerned(table, leaks), table["reason"] + CONCERNED)
    leak_free, leaking = table.copy(), table
    held_back = leaks & (table["split"] == "test")
    leak_free.loc[held_back, ["split", "reason"]] = ["excluded", HELD_BACK]
    replaced = _first_of_each_class(table, trained, like=leaks)
    leaking.loc[replaced, ["split", "reason"]] = ["excluded", REPLACED]
    leaking.loc[leaks, ["split", "reason"]] = ["train", LEAKING[leak]]
    torn = leaking["group"].isin(leaking["group"][leaks]) & leaking["split"].isin(SIDES)
    leaking["guarantee"] = leaking["guarantee"].mask(torn, "none")
    return Injection(*(_like(safe, arm) for arm in (leak_free, leaking)))


def _joined(index: pd.DataFrame, groups: pd.DataFrame, safe: pd.DataFrame, leak: Leak) -> pd.DataFrame:
    """The patient-safe split with ``label``, ``twin_set``, and in ``shared`` the twin set or the subject."""
    facts = index[["image_id", "label"]].copy()
    if leak == "subject":
        links = subject_links(index)
        known = np.any([link.notna().to_numpy(bool) for link in links], axis=0)
        facts["shared"] = pd.Series(components(len(index), *links), index.index).where(known)
    table = safe.merge(facts, on="image_id", validate="1:1")
    table = table.merge(groups[["image_id", "twin_set"]], on="image_id", validate="1:1")
    return table.assign(shared=table["twin_set"]) if leak == "twins" else table


def _drawn(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The rows in random order: what is drawn is drawn from the top."""
    table = table.sort_values("image_id", ignore_index=True)
    return table.iloc[np.random.default_rng(seed).permutation(len(table))].reset_index(drop=True)


def _candidates(table: pd.DataFrame, allowed: np.ndarray) -> np.ndarray:
    """Mark the images that can leak while what they share stays in the test set."""
    tested = (table["split"] == "test").to_numpy(bool)
    if table["reason"][tested].eq(OFFICIAL).any():
        shared = table["shared"].isin(table["shared"][tested].dropna()).to_numpy(bool)
        return shared & allowed & (table["split"] == "excluded").to_numpy(bool)
    shared = table[tested & table["shared"].notna() & allowed].groupby(["shared", "label"])["image_id"]
    is_half = shared.cumcount() < shared.transform("size") // 2
    return is_half.reindex(table.index, fill_value=False).to_numpy(bool)


def _first_of_each_class(table: pd.DataFrame, marked: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Mark, of the marked images of each class, the first ones, as many as there are in ``like`` at most."""
    rank = table[marked].groupby("label").cumcount().reindex(table.index, fill_value=len(table))
    most = table["label"][like].value_counts().to_dict()
    return rank.to_numpy(int) < np.array([most.get(label, 0) for label in table["label"]])


def _concerned(table: pd.DataFrame, leaks: np.ndarray) -> np.ndarray:
    """Mark the test images that share something with an image that leaks, and do not leak themselves."""
    shared = table["shared"].isin(table["shared"][leaks]).to_numpy(bool)
    return shared & ~leaks & (table["split"] == "test").to_numpy(bool)


def _like(safe: pd.DataFrame, arm: pd.DataFrame) -> pd.DataFrame:
    ordered = arm.set_index("image_id").loc[safe["image_id"]].reset_index()
    return ordered[safe.columns.tolist()].astype("string")
