"""What a split keeps apart, counted image by image."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from s3f_pipeline.splits.checks import SIDES

LEVELS = ("patient", "lesion", "study", "sequence", "near_duplicate", "none")
"""By what an image is kept apart from the images of other sides, the strongest first."""

KNOWN = {"patient": "patient", "lesion": "lesion", "study": "examination"}
"""The levels of images of which it is known whose they are, and what is known."""

GuaranteeCounts = dict[str, dict[str, dict[str, int]]]


def guarantee_counts(index: pd.DataFrame, splits: pd.DataFrame) -> GuaranteeCounts:
    """Count the images of each side and class by what keeps them apart from the other sides.

    Args:
        index: With ``image_id`` and ``label``.
        splits: With ``image_id``, ``split`` and ``guarantee``, one of ``LEVELS``.

    Returns:
        Side -> class -> level -> images; sides, classes and levels without images are left out.
    """
    table = splits.merge(index[["image_id", "label"]], on="image_id", validate="1:1")
    counts: GuaranteeCounts = {}
    for side in SIDES:
        for label, images in table[table["split"] == side].groupby("label"):
            found = images["guarantee"].value_counts()
            by_level = {level: int(found[level]) for level in LEVELS if level in found}
            counts.setdefault(side, {})[str(label)] = by_level
    return counts


def guarantee_total(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, int]:
    """Sum the counts over sides and classes: level -> images, the strongest level first."""
    total: Counter[str] = Counter()
    for classes in counts.values():
        for levels in classes.values():
            total.update(levels)
    strength = {level: rank for rank, level in enumerate(LEVELS)}
    return dict(sorted(total.items(), key=lambda item: strength[item[0]]))


def unknown_text(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str | None:
    """Say from how many images of each side others are not kept apart by ids.

    Ids keep an image apart from images whose ids are known too, and from no others.

    Args:
        counts: As ``guarantee_counts`` returns them.

    Returns:
        The end of a sentence; ``None`` if it is known of all images whose they are, or of none.
    """
    total = guarantee_total(counts)
    known = [name for level, name in KNOWN.items() if level in total]
    told = []
    for side, classes in counts.items():
        by_level = guarantee_total({side: classes})
        images = sum(by_level.values())
        if unknown := images - sum(by_level.get(level, 0) for level in (*KNOWN, "none")):
            told.append(f"{unknown:,} of {images:,} {side} images")
    if not known or not told:
        return None
    ways = "runs of files and near-duplicates" if "sequence" in total else "near-duplicates"
    return (
        f"no {' or '.join(known)} is known of {', '.join(told)}: from these, images are kept apart by {ways} "
        f"only"
    )
