"""Are files with consecutive numbers more alike than others? If so, numbers follow patients."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter1d

from s3f_pipeline.splits.exchange import deal_anew
from s3f_pipeline.splits.likeness import COPY, twin_codes, unit
from s3f_pipeline.splits.names import Part

LAGS = (1, 2, 4, 8, 16, 32, 64)
REACHES = (1, 8)  # files after each one that it is compared with: blocks of two, and longer ones
LEAST_FILES = 20  # of a pattern
MOST_FILES = 2048  # compared with each other: 16 MB
MOST_SHARING = 4000  # pairs of files per pattern, or stretch of it, that share a part of the name
FADED = 0.1  # of the excess between consecutive files, below which a run has ended
MOST_PLACED = 500  # images per pattern whose place on a common axis is tested
REACH = 20  # files to either side of that place, which is not exact
FLAT = 1e-6  # standard deviation of correlations, and of sums of scores
ROUNDING = 1e-6  # of standard scores

Pairs = tuple[np.ndarray, np.ndarray]
Question = int | Part


def order_evidence(
    features: np.ndarray,
    orders: Mapping[int, pd.DataFrame],
    *,
    parts: Mapping[Part, pd.Series] | None = None,
    twin_set: pd.Series | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> dict[str, Any]:
    """Test whether files that follow one another, or share a part of the name, are more alike than others.

    The mean image of a kind is subtracted, since what all images share says nothing of patients. Likeness
    is the correlation of what is left, less that of all pairs of a pattern and in standard deviations of
    these. An effect is the mean likeness of consecutive files, or of files that share a part. Copies (a
    correlation of ``COPY`` and more) and pairs of one known group are left out. Patterns beyond
    ``MOST_FILES`` are looked at in stretches of the first order.

    Each order is tested by consecutive files and by the next files up to the longest of ``REACHES``. All
    sums are brought to standard scores over the same deals (``deal_anew``), and p is the share of deals,
    the real one included, in which the largest score of all tests is at least as large: exact however many
    orders are tried, if it was chance which of the groups that lie alike stands where.

    Args:
        features: As ``likeness_features`` returns them, in the order of ``orders``.
        orders: As ``orders_of`` returns them; patterns with fewer than ``LEAST_FILES`` are passed over.
        parts: As ``parts_of`` returns them.
        twin_set: The known group of each image, null without one.
        permutations: Number of random deals.
        seed: Of the random deals.

    Returns:
        ``number``, that of the order with the smallest p, the first of several; of it ``files``, ``pairs``
        (of consecutive files), ``consecutive`` and ``random`` (mean correlations), ``effect``,
        ``largest_effect`` (of that and of the next files up to the longest of ``REACHES``), ``p``;
        ``lags``, each with ``lag``, ``similarity`` and ``effect``; ``run_length``, the largest of the lags
        up to which the effect, from where it is largest, stays above ``FADED`` of that, ``None`` where no
        effect is positive; ``patterns``, each with the same figures and its name, p for itself alone;
        ``tried``, for each order ``number``, effects and ``p``; ``parts``, for each part that
        two files share ``start`` and ``stop`` (fields of the name), ``pairs``, ``shared`` (mean
        correlation), ``effect`` and ``p``. Means, effects and p are ``None`` where there are no pairs.
    """
    twins = twin_codes(twin_set, len(features))
    rng = np.random.default_rng(seed)
    first = next(iter(orders.values()))
    lists = [
        (name, rows)
        for name, files in _patterns(first)
        for rows in np.array_split(files, -(-len(files) // MOST_FILES))
    ]
    kinds = pd.factorize(first["kind"])[0]
    deals = deal_anew([rows for _, rows in lists], twins, kinds, permutations, rng)
    ranks = {n: order["rank"].to_numpy(dtype=float, na_value=np.nan) for n, order in orders.items()}
    shared = {part: pd.factorize(values)[0] for part, values in (parts or {}).items()}
    tallies: dict[tuple[str, Question], _Tally] = {}
    by_lag = {number: np.zeros((len(LAGS), 3)) for number in orders}
    for (name, rows), deal in zip(lists, deals, strict=True):
        alike = _compare_within(features, twins, kinds, rows)
        if alike is None:
            continue
        for number in orders:
            files = np.argsort(ranks[number][rows])
            following = [_neighbours(files, lag) for lag in range(1, max(REACHES) + 1)]
            scores = np.cumsum([alike.dealt(deal[:, a], deal[:, b]) for a, b in following], axis=0)
            counted = np.cumsum([alike.counts[pairs].sum() for pairs in following])
            reaches = np.array(REACHES) - 1
            tally = alike.tally(following[0], counted[reaches], scores[reaches])
            _add(tallies, (name, number), tally)
            by_lag[number] += [alike.sums(_neighbours(files, lag)) for lag in LAGS]
        for part, codes in shared.items():
            a, b = _sharing(codes[rows], rng)
            _add(tallies, (name, part), alike.tally((a, b), None, alike.dealt(deal[:, a], deal[:, b])[None]))
    pooled: dict[Question, _Tally] = {}
    for (_, question), tally in tallies.items():
        _add(pooled, question, tally)
    p = _p_values({question: tally.scores for question, tally in pooled.items()})
    tried = [{"number": n, **_summary(pooled.get(n), p.get(n))} for n in orders]
    best = min(tried, key=lambda order: np.inf if order["p"] is None else order["p"])
    number = best["number"]
    lags = [
        {"lag": lag, "similarity": float(raw / pairs), "effect": float(score / pairs)}
        for lag, (pairs, raw, score) in zip(LAGS, by_lag[number], strict=True)
        if pairs
    ]
    return {
        **best,
        "lags": lags,
        "run_length": _run_length(lags),
        "patterns": [
            {"pattern": name, **_summary(tally, _p_values({0: tally.scores})[0])}
            for (name, question), tally in tallies.items()
            if question == number
        ],
        "tried": [
            {key: order[key] for key in ("number", "effect", "largest_effect", "p")} for order in tried
        ],
        "parts": [
            {"start": part[0], "stop": part[1], **_summary(pooled[part], p[part], "shared")}
            for part in shared
            if part in pooled and pooled[part].pairs[0]
        ],
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
    sides = [(rows[is_training[rows]], rows[~is_training[rows]]) for _, rows in _patterns(order)]
    sides = [
        (trained, placed[:: -(-len(placed) // MOST_PLACED)])
        for trained, placed in sides
        if len(trained) >= LEAST_FILES and len(placed) >= 2
    ]
    kinds = pd.factorize(order["kind"])[0]
    deals = deal_anew([placed for _, placed in sides], twins, kinds, permutations, rng)
    total: _Tally | None = None
    for (trained, placed), deal in zip(sides, deals, strict=True):
        beside = np.abs(ranks[placed][:, None] - ranks[trained]).argmin(axis=1)
        alike = _compare(features, twins, placed, trained)
        if alike is not None:
            alike = _most_alike(alike)
            tally = alike.tally((np.arange(len(placed)), beside), None, alike.dealt(deal, beside)[None])
            total = tally if total is None else total + tally
    found = _summary(total, None if total is None else _p_values({0: total.scores})[0], "beside")
    found.pop("files")
    return found


@dataclass(frozen=True)
class _Tally:
    """What the pairs of one question add up to.

    Attributes:
        files: How many there are.
        pairs: How many count, of shape (tests,).
        raw: Sum of the correlations of those of the first test.
        everywhere: Sum of as many correlations of any pairs.
        scores: Sums of scores, of shape (tests, 1 + permutations), the real deal first.
    """

    files: int
    pairs: np.ndarray
    raw: float
    everywhere: float
    scores: np.ndarray

    def __add__(self, other: "_Tally") -> "_Tally":
        return _Tally(
            self.files + other.files,
            self.pairs + other.pairs,
            self.raw + other.raw,
            self.everywhere + other.everywhere,
            self.scores + other.scores,
        )


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

    def dealt(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Sums of scores over the pairs of each deal, rows of ``first`` and ``second``."""
        at = first * np.int32(self.scores.shape[1]) + second.astype(np.int32)
        return np.asarray(self.scores.reshape(-1).take(at).sum(axis=1, dtype=np.float64))

    def tally(self, first: Pairs, pairs: np.ndarray | None, scores: np.ndarray) -> _Tally:
        """Add up real pairs: those of the first test, how many each test has, and all sums of scores."""
        count, raw, _ = self.sums(first)
        pairs = np.array([count]) if pairs is None else pairs
        return _Tally(len(self.raw), pairs, raw, count * self.raw[self.counts].mean(), scores)


def _compare_within(
    features: np.ndarray, twins: np.ndarray, kinds: np.ndarray, rows: np.ndarray
) -> _Likeness | None:
    """Compare the files of one pattern, each with the mean image of its kind subtracted."""
    deviations = features[rows].copy()
    for kind in np.unique(kinds[rows]):
        deviations[kinds[rows] == kind] -= deviations[kinds[rows] == kind].mean(axis=0)
    deviations = unit(deviations)
    raw = features[rows] @ features[rows].T
    return _standardise(raw, deviations @ deviations.T, twins[rows][:, None] != twins[rows])


def _compare(
    features: np.ndarray, twins: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> _Likeness | None:
    """Compare files of one pattern with others, with the mean image of these subtracted."""
    mean = features[columns].mean(axis=0)
    deviations = unit(features[rows] - mean) @ unit(features[columns] - mean).T
    raw = features[rows] @ features[columns].T
    return _standardise(raw, deviations, twins[rows][:, None] != twins[columns])


def _standardise(raw: np.ndarray, deviations: np.ndarray, differ: np.ndarray) -> _Likeness | None:
    """Scores of pairs that are no copies; ``None`` if no pairs or no differences are left."""
    counts = (raw < COPY) & differ
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


def _neighbours(files: np.ndarray, lag: int) -> Pairs:
    return files[:-lag], files[lag:]


def _sharing(codes: np.ndarray, rng: np.random.Generator) -> Pairs:
    """Pairs of files with one code from 0, or ``MOST_SHARING`` random ones of them."""
    first, second = np.nonzero(np.triu(codes[:, None] == codes, 1) & (codes >= 0)[:, None])
    chosen = rng.permutation(len(first))[:MOST_SHARING]
    return first[chosen], second[chosen]


def _add(tallies: dict[Any, _Tally], key: Any, tally: _Tally) -> None:
    tallies[key] = tallies[key] + tally if key in tallies else tally


def _p_values(scores: Mapping[Any, np.ndarray]) -> dict[Any, float]:
    """For each question, how often any test of any of them comes out as clearly as its own tests."""
    if not scores:
        return {}
    sums = np.concatenate(list(scores.values()))
    spread = sums.std(axis=1, keepdims=True)
    standard = (sums - sums.mean(axis=1, keepdims=True)) / np.maximum(spread, FLAT)
    largest = standard.max(axis=0)
    first = np.cumsum([0, *(len(tests) for tests in scores.values())])
    return {
        question: float((largest >= standard[start:stop, 0].max() - ROUNDING).mean())
        for question, start, stop in zip(scores, first[:-1], first[1:], strict=True)
    }


def _summary(tally: _Tally | None, p: float | None, name: str = "consecutive") -> dict[str, Any]:
    """Means, effect and p of what has been added up."""
    if tally is None or tally.pairs[0] == 0:
        counts = {"files": tally.files if tally else 0, "pairs": 0}
        return counts | dict.fromkeys((name, "random", "effect", "largest_effect", "p"))
    effects = tally.scores[:, 0] / tally.pairs
    return {
        "files": tally.files,
        "pairs": int(tally.pairs[0]),
        name: float(tally.raw / tally.pairs[0]),
        "random": float(tally.everywhere / tally.pairs[0]),
        "effect": float(effects[0]),
        "largest_effect": float(effects.max()),
        "p": p,
    }


def _patterns(order: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Name and rows, by rank, of each pattern with enough files."""
    numbered = order.reset_index(drop=True).dropna(subset="rank").sort_values("rank")
    for name, files in numbered.groupby("pattern"):
        if len(files) >= LEAST_FILES:
            yield str(name), files.index.to_numpy()


def _run_length(lags: list[dict[str, Any]]) -> int | None:
    largest = max((lag["effect"] for lag in lags), default=0)
    if largest <= 0:
        return None
    peak = [lag["effect"] for lag in lags].index(largest)
    above = [lag["effect"] > FADED * largest for lag in lags[peak:]]
    return int(lags[peak + above.index(False) - 1 if False in above else -1]["lag"])
