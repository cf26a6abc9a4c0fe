"""The leakage audit: which groups the official splits tear apart."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from s3f_pipeline.splits.groups import connected, join_groups
from s3f_pipeline.splits.patient_safe import contradictory_images
from s3f_pipeline.splits.twins import TwinSettings

KINDS = ("published", "exact", "near")


def leakage_audit(
    index: pd.DataFrame,
    groups: pd.DataFrame,
    twins: pd.DataFrame,
    *,
    cohort: str,
    guarantee: str,
    settings: TwinSettings,
    published: pd.DataFrame | None,
    why_none: str | None,
) -> dict[str, Any]:
    """Count and list groups, and what of them stands on two official splits.

    The kind of a group is the weakest evidence that it needs: ``published`` if equal patient or
    lesion ids alone hold it together, ``exact`` if equal files are needed too, ``near`` if a
    near-duplicate is.

    Args:
        index: With ``image_id``, ``label``, ``group``, ``official_split``; columns ``group_<reading>`` hold
            other readings of who is one patient.
        groups: As ``make_groups`` returns them.
        twins: As ``find_twins`` lists them.
        cohort: Name of the cohort.
        guarantee: What a patient-safe split keeps on one side.
        settings: With which the twins were found.
        published: The splits of the published protocol, or ``None``.
        why_none: Why there are none.

    Returns:
        The content of ``leakage_audit.json``. Groups with twins, and groups on two official splits,
        are listed one by one. An official validation image counts as training image where twins of
        test images are counted.
    """
    table = join_groups(index, groups)
    table["kind"] = _kinds(index, twins, table["group"])
    table["contradictory"] = contradictory_images(table)
    sets = table.dropna(subset="twin_set")
    listed = _listed(table)
    across = [group for group in listed if group["across_splits"]]
    is_test = sets["official_split"].eq("test").fillna(False)
    is_training = sets["official_split"].isin(["train", "validation"])
    in_training = sets["twin_set"].isin(sets.loc[is_training, "twin_set"])
    return {
        "schema_version": 1,
        "cohort": cohort,
        "guarantee": guarantee,
        "images": len(table),
        "groups": {
            "count": int(table["group"].nunique()),
            "with_twins": int(sets["group"].nunique()),
            "largest": int(table["group"].value_counts().max()),
            "images_with_twin": len(sets),
        },
        "pairs": {kind: int((twins["kind"] == kind).sum()) for kind in ("exact", "near")},
        "across_official_splits": {
            **_count(across),
            "test_images_with_twin_in_train": int((is_test & in_training).sum()),
            "test_images": int((table["official_split"] == "test").sum()),
            "by_kind": {kind: _count([group for group in across if group["kind"] == kind]) for kind in KINDS},
        },
        "contradictory_labels": {
            "groups": int(table.loc[table["contradictory"], "twin_set"].nunique()),
            "images": int(table["contradictory"].sum()),
        },
        "readings": _readings(index),
        "published_split": {"none": why_none} if published is None else _published_leaks(table, published),
        "listed_groups": listed,
        "settings": asdict(settings),
    }


def _kinds(index: pd.DataFrame, twins: pd.DataFrame, groups: pd.Series) -> pd.Series:
    """Kind of each image's group, in the order of ``index``."""
    kinds = pd.Series("near", index=groups.index)
    for kind, evidence in (("exact", twins[twins["kind"] == "exact"]), ("published", twins[:0])):
        parts = pd.Series(connected(index, evidence, published=True), index=groups.index)
        kinds = kinds.where(parts.groupby(groups).transform("nunique") > 1, kind)
    return kinds


def _listed(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Describe the groups that hold twins or stand on two official splits, sorted by name."""
    by_group = table.groupby("group")
    notable = by_group["twin_set"].transform("count").gt(0)
    notable |= by_group["official_split"].transform("nunique").gt(1)
    return [
        {
            "group": str(name),
            "kind": str(images["kind"].iloc[0]),
            "image_ids": images["image_id"].tolist(),
            "labels": images["label"].tolist(),
            "official_splits": [None if pd.isna(s) else s for s in images["official_split"]],
            "across_splits": bool(images["official_split"].nunique() > 1),
            "contradictory": bool(images["contradictory"].any()),
        }
        for name, images in table[notable].sort_values("image_id").groupby("group")
    ]


def _readings(index: pd.DataFrame) -> list[dict[str, Any]]:
    """For each reading of who is one patient: groups, and those on both sides of the official test set."""
    readings = []
    for name in [column for column in index if column == "group" or str(column).startswith("group_")]:
        known = index.dropna(subset=[name])
        if known.empty:
            continue
        is_test = known["official_split"].eq("test").fillna(False)
        sides = is_test.groupby(known[name]).nunique()
        across = known[name].isin(sides.index[sides > 1])
        readings.append(
            {
                "reading": name,
                "groups": len(sides),
                "groups_across_test": int((sides > 1).sum()),
                "images_across_test": int(across.sum()),
            }
        )
    return readings


def _published_leaks(table: pd.DataFrame, published: pd.DataFrame) -> dict[str, Any]:
    """Count what the published splits tear apart."""
    split = table["image_id"].map(published.set_index("image_id")["split"])
    is_test, trains = split == "test", split.isin(["train", "validation"])
    twins, groups = table["twin_set"], table["group"]
    return {
        "test_images": int(is_test.sum()),
        "test_images_with_twin_in_train": int((is_test & twins.isin(twins[trains].dropna())).sum()),
        "test_images_with_group_in_train": int((is_test & groups.isin(groups[trains])).sum()),
    }


def _count(groups: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "groups": len(groups),
        "images": sum(len(group["image_ids"]) for group in groups),
    }
