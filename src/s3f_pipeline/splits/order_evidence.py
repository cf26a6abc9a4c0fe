"""Are files with consecutive numbers more alike than others? If so, numbers follow patients."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter1d

from s3f_pipeline.splits.likeness import COPY, twin_codes, unit

LAGS = (1, 2, 4, 8, 16, 32, 64)
LEAST_FILES = 20  # of a pattern
MOST_FILES = 2048  # compared with each other: 16 MB
FADED = 0.1  # of the excess between consecutive files, below which a run has ended
MOST_PLACED = 500  # images per pattern whose place on a common axis is tested
REACH = 20  # files to either side of that place, which is not exact
FLAT = 1e-6  # standard deviation of correlations
ROUNDING = 1e-6  # of sums of scores

Pairs = tuple[np.ndarray, np.ndarray]


def order_evidence(
    features: np.ndarray,
    order: pd.DataFrame,
    *,
    twin_set: pd.Series | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> dict[str, Any]:
    """Test whether consecutive files are more alike than random files of the same pattern.

    The mean image of a pattern is subtracted, since what all images share says nothing of patients. The
    effect is the mean correlation of consecutive files less that of all pairs, in standard deviations of
    all pairs. Copies (``twin_set``, or a correlation of ``COPY`` and more) are left out. Patterns beyond
    ``MOST_FILES`` are compared in stretches of consecutive files. p is the share of random orders whose
    effect is at least as large, the real one included, and exact if numbers were dealt at random.

    Args:
        features: As ``likeness_features`` returns them, in the order of ``order``.
        order: As ``file_order`` returns it; patterns with fewer than ``LEAST_FILES`` are passed over.
        twin_set: The twin set of each image, null without one.
        permutations: Number of random orders.
        seed: Of the random orders.

    Returns:
        ``files``, ``pairs`` (of consecutive files), ``consecutive`` and ``random`` (mean correlations),
        ``effect``, ``p``; ``lags``, each with ``lag``, ``similarity`` and ``effect``; ``run_length``, the
        largest of the lags up to which the effect stays above ``FADED`` of that of consecutive files,
        ``None`` where that is not positive; ``patterns``, each with the first six and its name. Means,
        effects and p are ``None`` where there are no pairs.
    """
    twins = twin_codes(twin_set, len(order))
    rng = np.random.default_rng(seed)
    totals: dict[str, np.ndarray] = {}
    by_lag = np.zeros((len(LAGS), 3))
    for name, rows in _patterns(order):
        for stretch in np.array_split(rows, -(-len(rows) // MOST_FILES)):
            alike = _compare(features, twins, stretch, stretch)
            if alike is not None:
                files = np.arange(len(stretch))
                orders = [_neighbours(rng.permutation(files)) for _ in range(permutations)]
                totals[name] = totals.get(name, 0) + _add_up(alike, _neighbours(files), orders)
                by_lag += [alike.sums(_neighbours(files, lag)) for lag in LAGS]
    pooled = sum(totals.values(), np.zeros(5 + 2 * permutations))
    lags = [
        {"lag": lag, "similarity": float(raw / pairs), "effect": float(excess / pairs)}
        for lag, (pairs, raw, excess) in zip(LAGS, by_lag, strict=True)
        if pairs
    ]
    return {
        **_summary(pooled),
        "lags": lags,
        "run_length": _run_length(lags),
        "patterns": [{"pattern": name, **_summary(total)} for name, total in totals.items()],
    }


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
    ``REACH`` files of the place of a random other of them.

    Args:
        features: As ``likeness_features`` returns them.
        order: Of ``file_order(..., merge_splits=True)``.
        official_split: ``train`` or anything else; in the order of ``order``, as all that follows.
        twin_set: As for ``order_evidence``.
        permutations: Number of random orders.
        seed: Of the random orders.

    Returns:
        ``pairs``, ``beside`` and ``random`` (mean correlations), ``effect``, ``p``, as for
        ``order_evidence``.
    """
    is_training = official_split.eq("train").fillna(False).to_numpy(dtype=bool)
    ranks = order["rank"].to_numpy(dtype=float, na_value=np.nan)
    twins = twin_codes(twin_set, len(order))
    rng = np.random.default_rng(seed)
    total = np.zeros(5 + 2 * permutations)
    for _, rows in _patterns(order):
        trained, placed = rows[is_training[rows]], rows[~is_training[rows]]
        if len(trained) < LEAST_FILES or len(placed) < 2:
            continue
        placed = placed[:: -(-len(placed) // MOST_PLACED)]
        beside = np.abs(ranks[placed][:, None] - ranks[trained]).argmin(axis=1)
        alike = _compare(features, twins, placed, trained)
        if alike is not None:
            alike = _most_alike(alike)
            each = np.arange(len(placed))
            orders = [(each, rng.permutation(beside)) for _ in range(permutations)]
            total += _add_up(alike, (each, beside), orders)
    found = _summary(total)
    return {"beside": found.pop("consecutive"), **found}


@dataclass(frozen=True)
class _Likeness:
    """How alike the files of one pattern are.

    Attributes:
        raw: Correlations, (n, m).
        scores: Correlations of the deviations from the mean image, as standard scores over all pairs that
            count, and 0 for others.
        counts: Which pairs count: those that are no copies.
    """

    raw: np.ndarray
    scores: np.ndarray
    counts: np.ndarray

    def sums(self, pairs: Pairs) -> np.ndarray:
        """Of the pairs that count: how many, and the sums of their correlations and scores."""
        counted = self.counts[pairs]
        return np.array([counted.sum(), self.raw[pairs][counted].sum(), self.scores[pairs].sum()])


def _compare(
    features: np.ndarray, twins: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> _Likeness | None:
    """Compare files of one pattern; ``None`` if no pairs or no differences are left."""
    raw = features[rows] @ features[columns].T
    counts = (raw < COPY) & (twins[rows][:, None] != twins[columns])
    mean = features[columns].mean(axis=0)
    deviations = unit(features[rows] - mean) @ unit(features[columns] - mean).T
    counted = deviations[counts]
    if counted.size == 0 or counted.std() < FLAT:
        return None
    scores = (deviations - counted.mean()) / counted.std()
    return _Likeness(raw, np.where(counts, scores, 0), counts)


def _most_alike(alike: _Likeness) -> _Likeness:
    """For each place among the columns: the most alike of those around it."""
    width = 2 * REACH + 1
    raw = maximum_filter1d(np.where(alike.counts, alike.raw, -1), width, axis=1)
    scores = maximum_filter1d(np.where(alike.counts, alike.scores, -np.inf), width, axis=1)
    counts = np.isfinite(scores)
    counted = scores[counts]
    spread = max(float(counted.std()), FLAT)
    return _Likeness(raw, np.where(counts, (scores - counted.mean()) / spread, 0), counts)


def _neighbours(files: np.ndarray, lag: int = 1) -> Pairs:
    return files[:-lag], files[lag:]


def _add_up(alike: _Likeness, real: Pairs, orders: Iterable[Pairs]) -> np.ndarray:
    """Files, then counts and sums of the real order, of all pairs, and of each random order."""
    pairs, raw, score = alike.sums(real)
    everywhere = pairs * alike.raw[alike.counts].mean()
    random = [(alike.counts[pairs].sum(), alike.scores[pairs].sum()) for pairs in orders]
    return np.concatenate([[len(alike.raw), pairs, raw, score, everywhere], np.ravel(random)])


def _summary(total: np.ndarray) -> dict[str, Any]:
    """Means, effect and p of what ``_add_up`` has added up."""
    files, pairs, raw, score, everywhere = total[:5]
    found: dict[str, Any] = {"files": int(files), "pairs": int(pairs)}
    if pairs == 0:
        return found | dict.fromkeys(("consecutive", "random", "effect", "p"))
    random = total[5::2], total[6::2]
    as_large = np.sum(random[1] * pairs >= score * random[0] - ROUNDING)
    return found | {
        "consecutive": float(raw / pairs),
        "random": float(everywhere / pairs),
        "effect": float(score / pairs),
        "p": float((1 + as_large) / (1 + len(random[0]))),
    }


def _patterns(order: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Name and rows, by rank, of each pattern with enough files."""
    numbered = order.reset_index(drop=True).dropna(subset="rank").sort_values("rank")
    for name, files in numbered.groupby("pattern"):
        if len(files) >= LEAST_FILES:
            yield str(name), files.index.to_numpy()


def _run_length(lags: list[dict[str, Any]]) -> int | None:
    if not lags or lags[0]["effect"] <= 0:
        return None
    above = [lag["effect"] > FADED * lags[0]["effect"] for lag in lags]
    return int(lags[above.index(False) - 1 if False in above else -1]["lag"])
