"""The leakage audit: which groups the official splits tear apart."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from s3f_pipeline.splits.groups import connected, join_groups, subject_links
from s3f_pipeline.splits.patient_safe import contradictory_images
from s3f_pipeline.splits.settings import TwinSettings

KINDS = ("subject", "exact", "near", "sequence")
TRAINING = ("train", "validation")
RELATIONS = ("same", "mirrored", "rotated")


def leakage_audit(
    index: pd.DataFrame,
    groups: pd.DataFrame,
    twins: pd.DataFrame,
    *,
    cohort: str,
    settings: TwinSettings,
    published: pd.DataFrame | None,
    why_none: str | None,
) -> dict[str, Any]:
    """Count and list groups, and what of them stands on two official splits.

    The kind of a group is the weakest evidence that it needs: ``subject`` if equal ids of patients,
    lesions or examinations alone hold it together, ``exact`` if equal files are needed too, ``near`` if a
    near-duplicate is, ``sequence`` if a run of files is.

    Args:
        index: With ``image_id``, ``label``, ``subject``, ``official_split``; columns ``subject_<reading>``
            hold other readings of who is one patient.
        groups: As ``make_groups`` returns them.
        twins: As ``find_twins`` lists them.
        cohort: Name of the cohort.
        settings: With which the twins were found.
        published: The splits of the published protocol, or ``None``.
        why_none: Why there are none.

    Returns:
        The content of ``leakage_audit.json``. ``readings`` counts, for ``subject`` and every other reading,
        the patients or lesions on both sides of the official test set; ``published_split`` counts what the
        splits of the published protocol tear apart. Groups with twins, and groups on two official or two
        published splits, are listed one by one. Validation images count as training images wherever
        something is counted across the test set.
    """
    table = join_groups(index, groups)
    drawn = None if published is None else published.set_index("image_id")["split"]
    table["published_split"] = pd.NA if drawn is None else table["image_id"].map(drawn)
    table["subject"] = index["subject"].to_numpy()
    table["kind"] = _kinds(index, twins, table["group"])
    table["contradictory"] = contradictory_images(table)
    listed = _listed(table)
    return {
        "schema_version": 3,
        "cohort": cohort,
        "images": len(table),
        "groups": _sizes(table),
        "pairs": {kind: int((twins["kind"] == kind).sum()) for kind in ("exact", "near")},
        "relations": {name: int((twins["relation"] == name).sum()) for name in RELATIONS},
        "across_official_splits": _across_official_splits(table, twins, listed),
        "contradictory_labels": _contradictory_labels(table[table["contradictory"]]),
        "readings": _readings(index),
        "published_split": {"none": why_none} if published is None else _published_leaks(table, twins),
        "listed_groups": listed,
        "settings": asdict(settings),
    }


def _sizes(table: pd.DataFrame) -> dict[str, int]:
    """How many groups there are, and how large they are."""
    sets = table.dropna(subset="twin_set")
    return {
        "count": int(table["group"].nunique()),
        "with_twins": int(sets["group"].nunique()),
        "largest": int(table["group"].value_counts().max()),
        "images_with_twin": len(sets),
    }


def _across_official_splits(
    table: pd.DataFrame, twins: pd.DataFrame, listed: list[dict[str, Any]]
) -> dict[str, Any]:
    """Count what the official splits tear apart."""
    across = [group for group in listed if group["across_splits"]]
    return {
        **_count(across),
        "subjects": int((table.groupby("subject")["official_split"].nunique() > 1).sum()),
        **_test_images(table, twins, table["official_split"]),
        "by_kind": {kind: _count([group for group in across if group["kind"] == kind]) for kind in KINDS},
    }


def _contradictory_labels(contradictory: pd.DataFrame) -> dict[str, Any]:
    """Count and list twins with different labels."""
    twin_sets = contradictory.sort_values("image_id").groupby("twin_set")
    return {
        "groups": twin_sets.ngroups,
        "images": len(contradictory),
        "twin_sets": [dict(zip(one["image_id"], one["label"], strict=True)) for _, one in twin_sets],
    }


def _kinds(index: pd.DataFrame, twins: pd.DataFrame, groups: pd.Series) -> pd.Series:
    """Kind of each image's group, in the order of ``index``."""
    kinds = pd.Series("sequence", index=groups.index)
    weaker = {"near": twins, "exact": twins[twins["kind"] == "exact"], "subject": twins[:0]}
    for kind, evidence in weaker.items():
        parts = pd.Series(connected(index, evidence, *subject_links(index)), index=groups.index)
        kinds = kinds.where(parts.groupby(groups).transform("nunique") > 1, kind)
    return kinds


def _listed(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Describe the groups that hold twins or stand on two official or published splits, sorted by name."""
    by_group = table.groupby("group")
    notable = by_group["twin_set"].transform("count").gt(0)
    for splits in ("official_split", "published_split"):
        notable |= by_group[splits].transform("nunique").gt(1)
    return [
        {
            "group": str(name),
            "kind": str(images["kind"].iloc[0]),
            "image_ids": images["image_id"].tolist(),
            "labels": images["label"].tolist(),
            "official_splits": _nameable(images["official_split"]),
            "published_splits": _nameable(images["published_split"]),
            "across_splits": bool(images["official_split"].nunique() > 1),
            "contradictory": bool(images["contradictory"].any()),
        }
        for name, images in table[notable].sort_values("image_id").groupby("group")
    ]


def _nameable(splits: pd.Series) -> list[str | None]:
    return [None if pd.isna(split) else split for split in splits]


def _readings(index: pd.DataFrame) -> list[dict[str, Any]]:
    """For each reading of who is one patient: how many there are, and on both sides of the official test."""
    readings = []
    for name in [column for column in index if column == "subject" or str(column).startswith("subject_")]:
        if index[name].isna().all():
            continue
        across = _across_test(index[name], index["official_split"])
        readings.append(
            {
                "reading": name,
                "subjects": int(index[name].nunique()),
                "subjects_across_test": across["names"],
                "images_across_test": across["images"],
                "test_images_with_subject_outside_test": across["test_images"],
            }
        )
    return readings


def _published_leaks(table: pd.DataFrame, twins: pd.DataFrame) -> dict[str, Any]:
    """Count what the published splits tear apart."""
    split = table["published_split"]
    groups = _across_test(table["group"], split)
    return {
        **_test_images(table, twins, split),
        "test_images_with_group_outside_test": groups["test_images"],
        "groups_across_test": groups["names"],
    }


def _test_images(table: pd.DataFrame, twins: pd.DataFrame, splits: pd.Series) -> dict[str, Any]:
    """Count the test images that have a twin or their subject in training or validation.

    ``test_images_by_relation`` counts those with a direct twin there; an image may have twins of several
    relations.
    """
    is_test = splits.eq("test").fillna(False).to_numpy(dtype=bool)
    test = set(table["image_id"][is_test])
    trained = set(table["image_id"][splits.isin(TRAINING).to_numpy(dtype=bool)])
    ends = pd.concat([twins, twins.rename(columns={"first": "second", "second": "first"})], ignore_index=True)
    across = ends[ends["first"].isin(test) & ends["second"].isin(trained)]
    return {
        "test_images": len(test),
        "test_images_with_twin_outside_test": _across_test(table["twin_set"], splits)["test_images"],
        "test_images_by_relation": {
            name: int(across["first"][across["relation"] == name].nunique()) for name in RELATIONS
        },
        "test_images_with_known_subject": int(table["subject"][is_test].notna().sum()),
        "test_images_with_subject_outside_test": _across_test(table["subject"], splits)["test_images"],
    }


def _across_test(names: pd.Series, splits: pd.Series) -> dict[str, int]:
    """Count the names with images in the test set and in training or validation, and these images."""
    trained, tested = names[splits.isin(TRAINING)].dropna(), names[splits == "test"].dropna()
    across = set(trained) & set(tested)
    in_training, in_test = int(trained.isin(across).sum()), int(tested.isin(across).sum())
    return {"names": len(across), "images": in_training + in_test, "test_images": in_test}


def _count(groups: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "groups": len(groups),
        "images": sum(len(group["image_ids"]) for group in groups),
    }
