"""Which image of another cohort an image is, and what is known of it there."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from s3f_pipeline.cohorts.listing import CARRIED
from s3f_pipeline.linking.correlate import ORIENTATIONS, nearest

COLUMNS = ("image", "linked", "subject", "linked_label", "orientation", "correlation", "phash")
DIGITS = 4
"""Of correlations in tables."""


@dataclass(frozen=True)
class MatchSettings:
    """When two thumbnails are one picture.

    Attributes:
        least_correlation: Least correlation, in (0, 1).
        margin: By how much images of every other subject must correlate less.
    """

    least_correlation: float
    margin: float


def match_cohorts(
    index: pd.DataFrame,
    thumbnails: Iterable[np.ndarray],
    other: pd.DataFrame,
    other_thumbnails: Iterable[np.ndarray],
    settings: MatchSettings,
) -> pd.DataFrame:
    """Compare every image of a cohort with every image of another.

    Args:
        index: With ``image_id``, ``label`` and ``phash``.
        thumbnails: In the order of ``index``, uint8 of shape (T, T).
        other: Index of the other cohort, with ``image_id``, ``label`` and ``subject``.
        other_thumbnails: In the order of ``other``.
        settings: What counts as one picture.

    Returns:
        In the order of ``index``: ``image``, ``label``; ``linked``, ``subject`` and ``linked_label`` of the
        nearest image of the other cohort; ``orientation``; ``correlation``; ``elsewhere``, the highest
        correlation with any other subject; ``phash``; those of ``age``, ``sex`` and ``site`` that the other
        cohort has; and ``status``: ``matched``, ``ambiguous`` where another subject comes as near, or
        ``unmatched``. Each image without a subject stands for one of its own.
    """
    subjects = pd.factorize(other["subject"].fillna("image " + other["image_id"]))[0]
    found = nearest(thumbnails, other_thumbnails, subjects)
    there = other.iloc[found.position].reset_index(drop=True)
    is_near = found.correlation >= settings.least_correlation
    is_alone = found.correlation - found.elsewhere >= settings.margin
    return pd.DataFrame(
        {
            "image": index["image_id"].to_numpy(),
            "label": index["label"].to_numpy(),
            "linked": there["image_id"],
            "subject": there["subject"],
            "linked_label": there["label"],
            "orientation": np.take(ORIENTATIONS, found.orientation),
            "correlation": found.correlation.astype(float),
            "elsewhere": found.elsewhere.astype(float),
            "phash": index["phash"].to_numpy(),
            **{column: there[column] for column in CARRIED if column in there},
            "status": np.select([is_near & is_alone, is_near], ["matched", "ambiguous"], "unmatched"),
        }
    )


def link_table(matches: pd.DataFrame) -> pd.DataFrame:
    """The matched images alone, as a table that ingestion reads, sorted by image."""
    carried = [column for column in CARRIED if column in matches]
    matched = matches.loc[matches["status"] == "matched", [*COLUMNS, *carried]]
    return matched.assign(correlation=matched["correlation"].round(DIGITS)).sort_values(
        "image", ignore_index=True
    )
