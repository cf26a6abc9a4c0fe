"""What must hold for every split, looked at before each fit and each test."""

from collections.abc import Sequence

import pandas as pd

from s3f_pipeline.errors import SplitError

SIDES = ("train", "validation", "test")
MOST_NAMED = 5


def groups_on_two_sides(splits: pd.DataFrame) -> list[str]:
    """Names of the groups with images in more than one of training, validation and test, sorted."""
    used = splits[splits["split"].isin(SIDES)]
    sides = used.groupby("group")["split"].nunique()
    return sorted(sides.index[sides > 1])


def check_splits(splits: pd.DataFrame, *, leaks_by_design: bool = False) -> list[str]:
    """Check a table of splits.

    Args:
        splits: With ``image_id``, ``group``, ``split``.
        leaks_by_design: Under the published protocol, and where a leak is to be measured, groups on two
            sides are reported, not refused.

    Returns:
        The groups on two sides: none, unless the splits leak by design.

    Raises:
        SplitError: If an image is listed twice, has no group or an unknown split, or if a group
            stands on two sides although the splits do not leak by design.
    """
    twice = splits.loc[splits["image_id"].duplicated(), "image_id"]
    if not twice.empty:
        raise SplitError(
            f"The splits list {len(twice)} images more than once, such as {_some(list(twice))}. "
            f"Make the splits again with --params=force=true."
        )
    wrong = splits.loc[splits["group"].isna() | ~splits["split"].isin([*SIDES, "excluded"]), "image_id"]
    if not wrong.empty:
        raise SplitError(
            f"The splits list {len(wrong)} images without a group or with an unknown split, such as "
            f"{_some(list(wrong))}. Make the splits again with --params=force=true."
        )
    leaking = groups_on_two_sides(splits)
    if leaking and not leaks_by_design:
        raise SplitError(
            f"{len(leaking)} groups stand on more than one side of the split, such as "
            f"{_some(leaking)}: training would see images of the test or validation set. Make the "
            f"splits again with --params=force=true."
        )
    return leaking


def check_classes(table: pd.DataFrame, sides: Sequence[str] = SIDES) -> None:
    """Check that every class is on every side.

    Args:
        table: With ``label`` and ``split``.
        sides: Those that must exist.

    Raises:
        SplitError: If a side is empty or lacks a class.
    """
    counts = pd.crosstab(table["label"], table["split"])
    for side in sides:
        if side not in counts:
            raise SplitError(
                f"The {side} set is empty: {_counts(table['split'].value_counts())}. Check the "
                f"official splits in the raw folder."
            )
        missing = counts.index[counts[side] == 0]
        for label in missing:
            cut = ", or set official_validation: cut" if side == "validation" else ""
            raise SplitError(
                f"Class '{label}' is missing in the {side} set; its images are: "
                f"{_counts(counts.loc[label])}. Add images of this class, or leave it out of the "
                f"cohort's classes{cut}."
            )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED])


def _counts(images: pd.Series) -> str:
    return ", ".join(f"{count} {split}" for split, count in images.items())
