"""What ingestion found: counts that a reader of the report can check against the publication."""

from typing import Any

import pandas as pd

MOST_SIZES = 10


def quality_report(
    name: str,
    index: pd.DataFrame,
    rejected: pd.DataFrame,
    *,
    max_rejected_share: float,
    published_counts: dict[str, dict[str, int]],
) -> dict[str, Any]:
    """Count what was read, rejected and expected.

    Args:
        name: Name of the cohort.
        index: One row per readable image.
        rejected: One row per unreadable file.
        max_rejected_share: The share that would have stopped the run.
        published_counts: Images per split and class in the published work.

    Returns:
        The content of ``quality.json``.
    """
    splits = index["official_split"].fillna("none")
    counts = pd.crosstab(index["label"], splits)
    classes = {
        str(label): {str(split): int(n) for split, n in row.items()} for label, row in counts.iterrows()
    }
    differences = [
        {
            "split": split,
            "class": label,
            "found": classes.get(label, {}).get(split, 0),
            "published": published,
        }
        for split, by_class in published_counts.items()
        for label, published in by_class.items()
        if classes.get(label, {}).get(split, 0) != published
    ]
    sizes = index.value_counts(["height", "width"]).head(MOST_SIZES).rename("count").reset_index()
    return {
        "cohort": name,
        "found": len(index) + len(rejected),
        "read": len(index),
        "rejected": rejected.to_dict("records"),
        "max_rejected_share": max_rejected_share,
        "classes": classes,
        "count_differences": differences,
        "sizes": sizes.to_dict("records"),
        "exact_duplicates": int(index["sha256"].duplicated().sum()),
    }
