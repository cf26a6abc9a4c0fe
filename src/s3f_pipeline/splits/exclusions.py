"""What exclusions take from the training images of each class."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from s3f_pipeline.splits.injection import HELD_BACK, REPLACED
from s3f_pipeline.splits.patient_safe import (
    CONTRADICTORY,
    CUT,
    GROUP_IN_TEST,
    GROUP_IN_VALIDATION,
    OFFICIAL_VALIDATION,
    TWIN_IN_TEST,
    TWIN_IN_VALIDATION,
)

LARGEST_LOSS = 0.1
"""Share of its training images that a class may lose without a warning."""
LARGEST_SHIFT = 0.05
"""How far exclusions may move the share of a class in training without a warning."""
TOLERANCE = 1e-9
CUT_TEST = "official_test: cut in the cohort's block keeps these images, and cuts the test set anew"
CUT_VALIDATION = (
    "official_validation: cut in the cohort's block keeps these images, and cuts the validation set anew"
)
ALTERNATIVES = {
    TWIN_IN_TEST: CUT_TEST,
    GROUP_IN_TEST: CUT_TEST,
    TWIN_IN_VALIDATION: CUT_VALIDATION,
    GROUP_IN_VALIDATION: CUT_VALIDATION,
    CONTRADICTORY: "splitting.contradictory: keep leaves in images whose twins have another label",
}


@dataclass(frozen=True)
class ClassLoss:
    """What exclusions take from the training images of one class.

    Attributes:
        label: The class.
        before: Training images and images excluded from training.
        after: Training images.
        share_before: Of the class in all images before, in [0, 1].
        share_after: Of the class in all training images, in [0, 1].
        reasons: Why images were excluded.
    """

    label: str
    before: int
    after: int
    share_before: float
    share_after: float
    reasons: Sequence[str]

    @property
    def lost(self) -> float:
        """Share of the images before that is excluded, in [0, 1]."""
        return 1 - self.after / self.before

    @property
    def is_large(self) -> bool:
        """Whether more is lost, or the share moves further, than goes without a warning."""
        shift = abs(self.share_after - self.share_before)
        return self.lost > LARGEST_LOSS + TOLERANCE or shift > LARGEST_SHIFT + TOLERANCE


def class_losses(index: pd.DataFrame, splits: pd.DataFrame) -> list[ClassLoss]:
    """Count what exclusions take from training, class by class, in the order of the names.

    Images that validation and test sets are cut from count as training images, which they were, and so do
    excluded ones, but not those that the data set has for validation where its
    validation set is kept, nor those that only make room for a leak.

    Args:
        index: With ``image_id``, ``label``, ``official_split``.
        splits: With ``image_id``, ``split``, ``reason``.
    """
    facts = index[["image_id", "label", "official_split"]]
    table = splits[["image_id", "split", "reason"]].merge(facts, on="image_id", validate="1:1")
    keeps_validation = bool(table["reason"].eq(OFFICIAL_VALIDATION).any())
    for_validation = table["official_split"].eq("validation").fillna(False) & keeps_validation
    kept = table["split"].eq("train") | table["reason"].str.contains(CUT, regex=False)
    for_a_leak = table["reason"].isin([HELD_BACK, REPLACED])
    pool = table[kept | (table["split"].eq("excluded") & ~for_validation & ~for_a_leak)]
    training = int(kept.sum())
    losses = []
    for label, images in pool.groupby("label"):
        excluded = images[images["split"] == "excluded"]
        after = len(images) - len(excluded)
        losses.append(
            ClassLoss(
                label=str(label),
                before=len(images),
                after=after,
                share_before=len(images) / len(pool),
                share_after=after / training if training else 0.0,
                reasons=tuple(sorted(excluded["reason"].unique())),
            )
        )
    return losses


def exclusions_warning(losses: Sequence[ClassLoss]) -> str | None:
    """Say which classes exclusions take much from, and what keeps the images; ``None`` if none.

    Args:
        losses: As ``class_losses`` returns them.
    """
    large = [loss for loss in losses if loss.is_large]
    if not large:
        return None
    told = ", ".join(
        f"{loss.label}: {loss.before - loss.after} of {loss.before} ({loss.lost:.0%}), its share of training "
        f"goes from {loss.share_before:.1%} to {loss.share_after:.1%}"
        for loss in large
    )
    reasons = {reason for loss in losses for reason in loss.reasons}
    ways = dict.fromkeys(way for reason, way in ALTERNATIVES.items() if reason in reasons)
    return (
        f"Leaving out images that would give the test away changes how often the network meets a class in "
        f"training, so that it may recognise some classes less well than with all images ({told}). "
        f"Alternatives: {'; '.join(ways)}."
    )
