"""Two networks over cohorts: how large differences are, and how often they are shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from statistics import fmean, stdev

from s3f_pipeline.comparison.holm import holm
from s3f_pipeline.comparison.ranks import FEWEST_FAMILIES, signed_rank_p
from s3f_pipeline.comparison.verdicts import BETTER, EQUAL, WORSE, opposite
from s3f_pipeline.results.comparison import Comparison
from s3f_pipeline.results.leaderboard import Duel

FEWEST_FOR_EFFECT_SIZE = 3
"""Of two families the standard deviation has one degree of freedom: it is near 0 by chance."""


def duels(comparisons: Sequence[Comparison]) -> tuple[Duel, ...]:
    """Let every two networks that share a cohort meet, with Holm's correction over all pairs.

    Args:
        comparisons: Of one protocol, one for each family of cohorts.
    """
    names = sorted({name for comparison in comparisons for name in comparison.networks})
    met = [_duel(first, second, comparisons) for first, second in combinations(names, 2)]
    found = [one for one in met if one is not None]
    corrected = holm([one.p for one in found])
    return tuple(replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True))


def _duel(first: str, second: str, comparisons: Sequence[Comparison]) -> Duel | None:
    differences, words = {}, Counter[str]()
    for comparison in comparisons:
        for pair in comparison.pairs:
            if {pair.first, pair.second} == {first, second}:
                is_turned = pair.first == second
                differences[comparison.cohort] = -pair.difference if is_turned else pair.difference
                words[opposite(pair.verdict) if is_turned else pair.verdict] += 1
    if not differences:
        return None
    values = list(differences.values())
    spread = stdev(values) if len(values) >= FEWEST_FOR_EFFECT_SIZE else 0.0
    return Duel(
        first=first,
        second=second,
        differences=differences,
        mean=fmean(values),
        effect_size=fmean(values) / spread if spread else None,
        better=words[BETTER],
        worse=words[WORSE],
        equal=words[EQUAL],
        not_shown=len(values) - words[BETTER] - words[WORSE] - words[EQUAL],
        p=signed_rank_p(values) if len(values) >= FEWEST_FAMILIES else None,
    )
