"""How many images, groups and classes each split has."""

from typing import Any

import pandas as pd

from s3f_pipeline.splits.checks import SIDES


def split_summary(index: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """Count the images of each split.

    Args:
        index: With ``image_id`` and ``label``.
        splits: With ``image_id``, ``group``, ``split``, ``reason``.

    Returns:
        For each of ``train``, ``validation`` and ``test`` that exists: ``images``, ``groups`` and
        ``classes`` (images by class). For ``excluded``, if it exists: ``images`` and ``reasons``
        (images by reason).
    """
    table = splits.merge(index[["image_id", "label"]], on="image_id", validate="1:1")
    summary: dict[str, Any] = {}
    for side in SIDES:
        images = table[table["split"] == side]
        if not images.empty:
            summary[side] = {
                "images": len(images),
                "groups": int(images["group"].nunique()),
                "classes": _by(images["label"]),
            }
    excluded = table[table["split"] == "excluded"]
    if not excluded.empty:
        summary["excluded"] = {"images": len(excluded), "reasons": _by(excluded["reason"])}
    return summary


def _by(values: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}
