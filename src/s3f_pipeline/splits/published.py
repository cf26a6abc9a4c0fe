"""The published protocol: the splits of the publication as they are, leaks included."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.checks import check_classes
from s3f_pipeline.splits.groups import join_groups

OFFICIAL = "official"
RANDOM = "random image, as published"


@dataclass(frozen=True)
class RandomTestSet:
    """How a publication drew its test set from a cohort without official splits.

    Attributes:
        classes: Class names in their published order, in which images are sorted before the draw.
        test_share: Share of the images, in (0, 1).
        seed: Of the draw, ``random_state`` of scikit-learn.
    """

    classes: Sequence[str]
    test_share: float
    seed: int


def published_split(
    index: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    selection_split: Literal["validation", "test"],
    random: RandomTestSet | None = None,
) -> pd.DataFrame:
    """Split a cohort as its publication does.

    Args:
        index: With ``image_id``, ``path``, ``label``, ``official_split``.
        groups: As ``make_groups`` returns them.
        selection_split: Which split chose the epoch. If ``test``, as in the S3F-Net notebooks,
            official validation images train too and there is no validation set.
        random: Draw the test set instead of taking the official one. Images are sorted by class and
            path, and drawn by ``train_test_split``, stratified by class.

    Returns:
        In the order of ``index``: ``image_id``, ``group``, ``split`` (``train``, ``validation`` or
        ``test``), ``reason``, and ``guarantee``, which is ``none``.

    Raises:
        SplitError: If images have no official split, or a split or one of its classes is missing.
    """
    table = join_groups(index, groups)
    if random is not None:
        table["official_split"] = _draw(index, random)
    unassigned = int(table["official_split"].isna().sum())
    if unassigned:
        raise SplitError(
            f"{unassigned} of {len(table)} images have no official split, so the published protocol "
            f"cannot be followed. Use the patient-safe one, which cuts the splits itself."
        )
    pooled = selection_split == "test"
    table["split"] = np.where(
        pooled & table["official_split"].eq("validation"), "train", table["official_split"]
    )
    table["reason"] = OFFICIAL if random is None else RANDOM
    table["guarantee"] = "none"
    check_classes(table, ("train", "test") if pooled else ("train", "validation", "test"))
    return table[["image_id", "group", "split", "reason", "guarantee"]].astype("string")


def _draw(index: pd.DataFrame, random: RandomTestSet) -> np.ndarray:
    """Return ``train`` or ``test`` for each image, in the order of ``index``."""
    from sklearn.model_selection import train_test_split

    numbers = pd.Index(random.classes).get_indexer(pd.Index(index["label"]))
    order = np.lexsort([index["path"].to_numpy(dtype=str), numbers])
    _, tested = train_test_split(
        order, test_size=random.test_share, stratify=numbers[order], random_state=random.seed
    )
    return np.where(np.isin(np.arange(len(index)), tested), "test", "train")
