"""The straddle check: does a cohort without ids hide patients who stand on two sides of a split?

All orders that names allow for are tried, and all parts that files share by name. The verdict
(``order_verdict``) follows from the images and these alone; what the best of the orders does to the split
at hand is said by ``neighbours`` and ``optimism``. Pairs of one known group (patient, lesion, twins) are
left out of every test: what is looked for is what groups do not know yet. Official splits are laid over
each other where the limits of the verdict hold for ``axis`` too.
"""

from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.axis_evidence import axis_evidence
from s3f_pipeline.splits.names import part_pattern, parts_of
from s3f_pipeline.splits.neighbours import neighbours_across
from s3f_pipeline.splits.optimism import neighbour_optimism
from s3f_pipeline.splits.order_evidence import order_evidence
from s3f_pipeline.splits.sequence import file_order, orders_of

ALPHA = 0.01
LEAST_EFFECT = 0.1  # standard deviations: half of what is called a small effect
LEAST_PAIRS = 50  # of consecutive files
LEAST_NUMBERED = 0.5  # share of the images
LIMITS = {
    "alpha": ALPHA,
    "least_effect": LEAST_EFFECT,
    "least_pairs": LEAST_PAIRS,
    "least_numbered": LEAST_NUMBERED,
}
"""Of the verdict."""

ORDER, NO_ORDER, NOT_TESTABLE = "order found", "no order found", "not testable"


def straddle_check(
    index: pd.DataFrame,
    features: np.ndarray,
    groups: pd.DataFrame,
    splits: pd.DataFrame,
    *,
    column: str | None = None,
    length: int = 40,
    within: int = 5,
    permutations: int = 999,
    seed: int = 0,
) -> dict[str, Any]:
    """Look for patients who are hidden in the order or in the names of files.

    Args:
        index: With ``image_id``, ``path``, ``label``, ``official_split``.
        features: As ``likeness_features`` returns them, in the order of ``index``.
        groups: With ``image_id`` and ``group``, in any order.
        splits: With ``image_id`` and ``split``, in any order.
        column: A column of the index that orders the images, where names do not.
        length: Files of a run, for ``optimism``.
        within: Places in the order of files that make neighbours.
        permutations: Random orders of each test.
        seed: Of all that is random.

    Returns:
        ``verdict``; ``images`` and ``numbered`` (in large patterns); ``order`` as of ``order_evidence``;
        ``part``, the part of names that may be the patient, as ``order_evidence`` and ``part_pattern`` return
        it, ``None`` without one; ``axis`` as of ``axis_evidence``, ``None`` with one official split or a
        column; ``merged``, whether official splits were laid over each other; ``neighbours`` as of
        ``neighbours_across``; ``optimism`` as ``neighbour_optimism``, and ``settings``, limits included.

    Raises:
        SplitError: If the tables do not list the same images, or there is no such column.
    """
    ids = index["image_id"]
    split, group = _look_up(splits, "split", ids), _look_up(groups, "group", ids)
    random = {"permutations": permutations, "seed": seed}
    orders = {1: file_order(index, column)} if column else orders_of(index)
    evidence = order_evidence(
        features, orders, parts=None if column else parts_of(index), twin_set=group, **random
    )
    axis, common = (
        (None, None) if column else _common_axis(index, features, group, evidence["number"], random)
    )
    order = orders[evidence["number"]] if common is None else common
    return {
        "verdict": order_verdict(evidence, len(index)),
        "images": len(index),
        "numbered": evidence["files"],
        "order": evidence,
        "part": _offered_part(index, evidence["parts"]),
        "axis": axis,
        "merged": common is not None,
        "neighbours": neighbours_across(
            features, split, order, index["label"], twin_set=group, within=within, **random
        ),
        "optimism": _optimism(features, index["label"], group, order, split, length=length, seed=seed),
        "settings": {**LIMITS, "column": column, "length": length, "within": within, **random},
    }


def _common_axis(
    index: pd.DataFrame, features: np.ndarray, group: pd.Series, number: int, random: dict[str, int]
) -> tuple[dict[str, Any] | None, pd.DataFrame | None]:
    """Lay official splits over each other: what speaks for it, and the order of all files if enough does."""
    if index["official_split"].nunique() < 2:
        return None, None
    common = file_order(index, number=number, merge_splits=True)
    axis = axis_evidence(features, common, index["official_split"], twin_set=group, **random)
    return axis, common if holds(axis) else None


def _optimism(
    features: np.ndarray,
    labels: pd.Series,
    group: pd.Series,
    order: pd.DataFrame,
    split: pd.Series,
    **options: int,
) -> dict[str, Any] | None:
    """Of the training and validation images."""
    fitted = split.isin(["train", "validation"]).to_numpy(dtype=bool)
    return neighbour_optimism(features[fitted], labels[fitted], group[fitted], order[fitted], **options)


def order_verdict(evidence: dict[str, Any], images: int) -> str:
    """Judge the order of files.

    Args:
        evidence: As ``order_evidence`` returns it.
        images: Images of the cohort.

    Returns:
        ``not testable`` with fewer than ``LEAST_PAIRS`` consecutive files, or fewer than ``LEAST_NUMBERED``
        of the images, in patterns of enough files. ``order found`` where p is at most ``ALPHA`` and the
        effect at least ``LEAST_EFFECT``, which keeps a trifle in 50,000 images from counting, of an order or
        of a part that files share by name. Else ``no order found``.
    """
    if evidence["pairs"] < LEAST_PAIRS or evidence["files"] < LEAST_NUMBERED * images:
        return NOT_TESTABLE
    return ORDER if any(map(holds, [evidence, *evidence["parts"]])) else NO_ORDER


def holds(evidence: dict[str, Any]) -> bool:
    """Whether an order, or a part that files share, makes them alike beyond chance and by enough."""
    return evidence["p"] is not None and evidence["p"] <= ALPHA and evidence["largest_effect"] >= LEAST_EFFECT


def _offered_part(index: pd.DataFrame, parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The shortest beginning of names that holds, or another part, whichever has the largest effect."""
    found = [part for part in parts if holds(part)]
    if not found:
        return None
    first = [part for part in found if part["start"] == 0]
    chosen = first[0] if first else max(found, key=lambda part: part["effect"])
    return {**chosen, **part_pattern(index, (chosen["start"], chosen["stop"]))}


def _look_up(table: pd.DataFrame, column: str, ids: pd.Series) -> pd.Series:
    """A column in the order of the images."""
    values = table.set_index("image_id")[column]
    if set(values.index) != set(ids):
        raise SplitError(
            f"The table of '{column}' and the index do not list the same images: the data has changed. "
            "Make the splits again with --params=force=true."
        )
    return values.loc[ids].set_axis(ids.index)
