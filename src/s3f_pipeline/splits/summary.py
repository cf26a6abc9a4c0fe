"""How many images, groups and classes each split has."""

from typing import Any

import pandas as pd

from s3f_pipeline.splits.checks import SIDES
from s3f_pipeline.splits.exclusions import class_losses, exclusions_warning


def split_summary(index: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """Count the images of each split.

    Args:
        index: With ``image_id``, ``label``, ``subject`` and ``official_split``.
        splits: With ``image_id``, ``group``, ``split``, ``reason``.

    Returns:
        For each of ``train``, ``validation`` and ``test`` that exists: ``images``, ``groups``, ``subjects``
        (known patients or lesions) and ``classes`` (images by class). For ``excluded``, if it exists:
        ``images``, ``reasons`` (images by reason) and ``warning``, a sentence where training loses much of
        a class, or ``None``.
    """
    table = splits.merge(index[["image_id", "label", "subject"]], on="image_id", validate="1:1")
    summary: dict[str, Any] = {}
    for side in SIDES:
        images = table[table["split"] == side]
        if not images.empty:
            summary[side] = {
                "images": len(images),
                "groups": int(images["group"].nunique()),
                "subjects": int(images["subject"].nunique()),
                "classes": _by(images["label"]),
            }
    excluded = table[table["split"] == "excluded"]
    if not excluded.empty:
        warning = exclusions_warning(class_losses(index, splits))
        summary["excluded"] = {
            "images": len(excluded),
            "reasons": _by(excluded["reason"]),
            "warning": warning,
        }
    return summary


def _by(values: pd.Series) -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}
