"""Ranks of networks over cohorts, and which of them are not shown to differ (Demšar, JMLR 7, 2006).

A cohort is one observation: its seeds and folds were averaged before, and cohorts of the same patients
count once.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import friedmanchisquare, rankdata, wilcoxon

from s3f_pipeline.results.leaderboard import Duel, Ranks

FEWEST_FAMILIES = 5
"""Below which ranks over cohorts say nothing."""


def signed_rank_p(differences: Sequence[float]) -> float:
    """Wilcoxon's signed-rank test, two-sided and exact where no differences are tied; 1 if all are zero."""
    if not any(differences):
        return 1.0
    return float(wilcoxon(differences, zero_method="pratt").pvalue)


def rank(
    figures: Mapping[str, Mapping[str, float]], duels: Sequence[Duel], level: float
) -> tuple[Ranks | None, str | None]:
    """Rank the networks that every family has.

    Args:
        figures: By family and network; more is better.
        duels: With ``p_holm`` where there are families enough.
        level: Chance of a false finding that is allowed.

    Returns:
        The ranks, or why there are none.
    """
    if len(figures) < FEWEST_FAMILIES:
        return None, (
            f"Ranks over cohorts need at least {FEWEST_FAMILIES} cohorts of different patients; "
            f"there {'is' if len(figures) == 1 else 'are'} {len(figures)}."
        )
    shared = sorted(set.intersection(*(set(networks) for networks in figures.values())))
    if len(shared) < 3:
        return None, f"Fewer than three networks were compared on all {len(figures)} cohorts."
    table = np.array([[networks[name] for name in shared] for networks in figures.values()])
    ranks = rankdata(-table, axis=1)
    means = dict(sorted(zip(shared, ranks.mean(axis=0).tolist(), strict=True), key=lambda item: item[::-1]))
    is_tied = bool((table == table[:, :1]).all())
    differ = {
        frozenset((duel.first, duel.second))
        for duel in duels
        if duel.p_holm is not None and duel.p_holm < level
    }
    return Ranks(
        means=means,
        families=len(figures),
        friedman_p=1.0 if is_tied else float(friedmanchisquare(*table.T).pvalue),
        joined=_joined(list(means), differ),
        least_p=min(1.0, len(duels) * 2.0 ** (1 - len(figures))),
    ), None


def _joined(order: Sequence[str], differ: set[frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """The longest runs of neighbours in the order of which no two differ; single ones are left out."""
    runs: list[tuple[int, int]] = []
    for first in range(len(order)):
        last = first
        while last + 1 < len(order) and not any(
            frozenset((order[place], order[last + 1])) in differ for place in range(first, last + 1)
        ):
            last += 1
        if last > first and not any(start <= first and last <= end for start, end in runs):
            runs.append((first, last))
    return tuple(tuple(order[first : last + 1]) for first, last in runs)
