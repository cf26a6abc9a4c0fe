"""Are files with consecutive numbers more alike than others? If so, numbers follow patients.

The mean image of a kind is subtracted, since what all images share says nothing of patients. Likeness
is the correlation of what is left, less that of all pairs of a pattern and in standard deviations of
these. An effect is the mean likeness of consecutive files, or of files that share a part. Copies (a
correlation of ``COPY`` and more) and pairs of one known group are left out. Patterns beyond
``MOST_FILES`` are looked at in stretches of the first order.

Each order is tested by consecutive files and by the next files up to the longest of ``REACHES``. All
sums are brought to standard scores over the same deals (``deal_anew``), and p is the share of deals,
the real one included, in which the largest score of all tests is at least as large: exact however many
orders are tried, if it was chance which of the groups that lie alike stands where.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.splits.exchange import deal_anew
from s3f_pipeline.splits.likeness import twin_codes
from s3f_pipeline.splits.names import Part
from s3f_pipeline.splits.pair_scores import Pairs, PairScores, scores_within
from s3f_pipeline.splits.tallies import Tally, p_values, summary

LAGS = (1, 2, 4, 8, 16, 32, 64)
REACHES = (1, 8)  # files after each one that it is compared with: blocks of two, and longer ones
LEAST_FILES = 20  # of a pattern
MOST_FILES = 2048  # compared with each other: 16 MB
MOST_SHARING = 4000  # pairs of files per pattern, or stretch of it, that share a part of the name
FADED = 0.1  # of the excess between consecutive files, below which a run has ended

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
    rng = np.random.default_rng(seed)
    stretches = _stretches(features, next(iter(orders.values())), twin_set, permutations, rng)
    tallies, by_lag = _add_up(stretches, orders, parts or {}, rng)
    pooled: dict[Question, Tally] = {}
    for (_, question), tally in tallies.items():
        _add(pooled, question, tally)
    p = p_values({question: tally.scores for question, tally in pooled.items()})
    tried = [{"number": number, **summary(pooled.get(number), p.get(number))} for number in orders]
    best = min(tried, key=lambda order: np.inf if order["p"] is None else order["p"])
    lags = _per_pair(by_lag[best["number"]])
    shown = ("number", "effect", "largest_effect", "p")
    return {
        **best,
        "lags": lags,
        "run_length": _run_length(lags),
        "patterns": [
            {"pattern": name, **summary(tally, p_values({0: tally.scores})[0])}
            for (name, question), tally in tallies.items()
            if question == best["number"]
        ],
        "tried": [{key: order[key] for key in shown} for order in tried],
        "parts": [
            {"start": part[0], "stop": part[1], **summary(pooled[part], p[part], "shared")}
            for part in parts or {}
            if part in pooled and pooled[part].pairs[0]
        ],
    }


@dataclass(frozen=True)
class _Stretch:
    """Files that are compared with each other: a pattern, or a part of a large one.

    Attributes:
        pattern: Its name.
        rows: Of the files, in the first order.
        alike: How alike they are.
        deal: As ``deal_anew`` returns it.
    """

    pattern: str
    rows: np.ndarray
    alike: PairScores
    deal: np.ndarray


def _stretches(
    features: np.ndarray,
    order: pd.DataFrame,
    twin_set: pd.Series | None,
    permutations: int,
    rng: np.random.Generator,
) -> Iterator[_Stretch]:
    """Compare the files of each large pattern, and deal all of them anew; one matrix is held at a time."""
    twins, kinds = twin_codes(twin_set, len(features)), pd.factorize(order["kind"])[0]
    lists = [
        (name, rows)
        for name, files in large_patterns(order)
        for rows in np.array_split(files, -(-len(files) // MOST_FILES))
    ]
    deals = deal_anew([rows for _, rows in lists], twins, kinds, permutations, rng)
    for (name, rows), deal in zip(lists, deals, strict=True):
        alike = scores_within(features, twins, kinds, rows)
        if alike is not None:
            yield _Stretch(name, rows, alike, deal)


def _add_up(
    stretches: Iterable[_Stretch],
    orders: Mapping[int, pd.DataFrame],
    parts: Mapping[Part, pd.Series],
    rng: np.random.Generator,
) -> tuple[dict[tuple[str, Question], Tally], dict[int, np.ndarray]]:
    """Tallies of each pattern and question; per order, ``PairScores.sums`` at each of ``LAGS``."""
    ranks = {n: order["rank"].to_numpy(dtype=float, na_value=np.nan) for n, order in orders.items()}
    shared = {part: pd.factorize(values)[0] for part, values in parts.items()}
    tallies: dict[tuple[str, Question], Tally] = {}
    by_lag = {number: np.zeros((len(LAGS), 3)) for number in orders}
    for stretch in stretches:
        alike, deal = stretch.alike, stretch.deal
        for number in orders:
            files = np.argsort(ranks[number][stretch.rows])
            _add(tallies, (stretch.pattern, number), _tally_followers(alike, deal, files))
            by_lag[number] += [alike.sums(_neighbours(files, lag)) for lag in LAGS]
        for part, codes in shared.items():
            pairs = _sharing(codes[stretch.rows], rng)
            _add(tallies, (stretch.pattern, part), _tally_pairs(alike, deal, pairs))
    return tallies, by_lag


def large_patterns(order: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Name and rows, by rank, of each pattern with enough files."""
    numbered = order.reset_index(drop=True).dropna(subset="rank").sort_values("rank")
    for name, files in numbered.groupby("pattern"):
        if len(files) >= LEAST_FILES:
            yield str(name), files.index.to_numpy()


def _tally_followers(alike: PairScores, deal: np.ndarray, files: np.ndarray) -> Tally:
    """Add up consecutive files, and the next ones up to each of ``REACHES``."""
    following = [_neighbours(files, lag) for lag in range(1, max(REACHES) + 1)]
    pairs = np.cumsum([alike.counts[some].sum() for some in following])
    scores = np.cumsum([alike.dealt(deal[:, a], deal[:, b]) for a, b in following], axis=0)
    reaches = np.array(REACHES) - 1
    return alike.tally(following[0], pairs[reaches], scores[reaches])


def _tally_pairs(alike: PairScores, deal: np.ndarray, pairs: Pairs) -> Tally:
    first, second = pairs
    return alike.tally(pairs, None, alike.dealt(deal[:, first], deal[:, second])[None])


def _neighbours(files: np.ndarray, lag: int) -> Pairs:
    return files[:-lag], files[lag:]


def _sharing(codes: np.ndarray, rng: np.random.Generator) -> Pairs:
    """Pairs of files with one code from 0, or ``MOST_SHARING`` random ones of them."""
    first, second = np.nonzero(np.triu(codes[:, None] == codes, 1) & (codes >= 0)[:, None])
    chosen = rng.permutation(len(first))[:MOST_SHARING]
    return first[chosen], second[chosen]


def _add(tallies: dict[Any, Tally], key: Any, tally: Tally) -> None:
    tallies[key] = tallies[key] + tally if key in tallies else tally


def _per_pair(sums: np.ndarray) -> list[dict[str, Any]]:
    """Means of the pairs at each lag that has any."""
    return [
        {"lag": lag, "similarity": float(raw / pairs), "effect": float(score / pairs)}
        for lag, (pairs, raw, score) in zip(LAGS, sums, strict=True)
        if pairs
    ]


def _run_length(lags: list[dict[str, Any]]) -> int | None:
    largest = max((lag["effect"] for lag in lags), default=0)
    if largest <= 0:
        return None
    peak = [lag["effect"] for lag in lags].index(largest)
    above = [lag["effect"] > FADED * largest for lag in lags[peak:]]
    return int(lags[peak + above.index(False) - 1 if False in above else -1]["lag"])
