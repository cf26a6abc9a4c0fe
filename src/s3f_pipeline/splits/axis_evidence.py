"""Were official splits drawn from one ordered list of files, and numbered anew?"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter1d

from s3f_pipeline.splits.exchange import deal_anew
from s3f_pipeline.splits.likeness import twin_codes
from s3f_pipeline.splits.order_evidence import LEAST_FILES, large_patterns
from s3f_pipeline.splits.pair_scores import FLAT, PairScores, scores_between
from s3f_pipeline.splits.tallies import Tally, p_values, summary

MOST_PLACED = 500  # images per pattern whose place on a common axis is tested
REACH = 20  # files to either side of that place, which is not exact


def axis_evidence(
    features: np.ndarray,
    order: pd.DataFrame,
    official_split: pd.Series,
    *,
    twin_set: pd.Series | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> dict[str, Any]:
    """Test whether official splits were drawn from one ordered list and numbered anew.

    Each official test or validation image is compared with the most alike of the training images within
    ``REACH`` files of its place, once the splits are laid over each other, and with the most alike within
    ``REACH`` files of the place of another of them, dealt at random.

    Args:
        features: As ``likeness_features`` returns them.
        order: Of ``file_order(..., merge_splits=True)``.
        official_split: ``train`` or anything else; in the order of ``order``, as all that follows.
        twin_set: As for ``order_evidence``.
        permutations: Number of random deals.
        seed: Of the random deals.

    Returns:
        ``pairs``, ``beside`` and ``random`` (mean correlations), ``effect``, ``p``, as for
        ``order_evidence``.
    """
    is_training = official_split.eq("train").fillna(False).to_numpy(dtype=bool)
    ranks = order["rank"].to_numpy(dtype=float, na_value=np.nan)
    twins = twin_codes(twin_set, len(order))
    rng = np.random.default_rng(seed)
    sides = [(rows[is_training[rows]], rows[~is_training[rows]]) for _, rows in large_patterns(order)]
    sides = [
        (trained, placed[:: -(-len(placed) // MOST_PLACED)])
        for trained, placed in sides
        if len(trained) >= LEAST_FILES and len(placed) >= 2
    ]
    kinds = pd.factorize(order["kind"])[0]
    deals = deal_anew([placed for _, placed in sides], twins, kinds, permutations, rng)
    total: Tally | None = None
    for (trained, placed), deal in zip(sides, deals, strict=True):
        beside = np.abs(ranks[placed][:, None] - ranks[trained]).argmin(axis=1)
        alike = scores_between(features, twins, placed, trained)
        if alike is not None:
            alike = _most_alike(alike)
            tally = alike.tally((np.arange(len(placed)), beside), None, alike.dealt(deal, beside)[None])
            total = tally if total is None else total + tally
    found = summary(total, None if total is None else p_values({0: total.scores})[0], "beside")
    found.pop("files")
    return found


def _most_alike(alike: PairScores) -> PairScores:
    """For each place among the columns: the most alike of those around it."""
    width = 2 * REACH + 1
    raw = maximum_filter1d(np.where(alike.counts, alike.raw, -1), width, axis=1)
    scores = maximum_filter1d(np.where(alike.counts, alike.scores, -np.inf), width, axis=1)
    counts = np.isfinite(scores)
    counted = scores[counts]
    spread = max(float(counted.std()), FLAT)
    return PairScores(raw, np.where(counts, (scores - counted.mean()) / spread, 0), counts)
