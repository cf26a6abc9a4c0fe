"""Every network against every other one, and what the differences come to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from s3f_pipeline.comparison.cross_checks import cross_checks
from s3f_pipeline.comparison.estimate import Estimate
from s3f_pipeline.comparison.holm import holm
from s3f_pipeline.comparison.replicated import Replicated
from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.comparison.spread import Spread, spread_of_difference
from s3f_pipeline.comparison.study import Study
from s3f_pipeline.comparison.verdicts import EQUAL, FEWEST_GROUPS, NOT_SHOWN, verdict
from s3f_pipeline.results.comparison import ComparedPair, Difference, FoldTest
from s3f_pipeline.results.intervals import Interval


@dataclass(frozen=True)
class Folds:
    """What a cross-validation says of a pair.

    Attributes:
        test: As it is shown.
        estimate: By Nadeau and Bengio, ``None`` where there is none.
        decides: Whether there is no fixed split, so that the verdict follows from the folds.
    """

    test: FoldTest
    estimate: Estimate | None
    decides: bool


def compare_pairs(
    compared: Study,
    settings: ComparisonSettings,
    folds: Mapping[tuple[str, str], Folds] | None = None,
) -> tuple[ComparedPair, ...]:
    """Compare all networks of a study, in its order, with Holm's correction over all pairs.

    Args:
        compared: All networks on the test images.
        settings: Figure, margin, confidence.
        folds: Of a cross-validation, by pair.
    """
    pairs = [
        _pair(compared, first, second, settings, (folds or {}).get((first, second)))
        for first, second in combinations(compared.figures, 2)
    ]
    adjusted = holm([pair.p for pair in pairs])
    equivalent = holm([pair.p_equivalent for pair in pairs])
    return tuple(
        _with_verdict(replace(pair, p_holm=p, p_equivalent_holm=p_equivalent), settings.level)
        for pair, p, p_equivalent in zip(pairs, adjusted, equivalent, strict=True)
    )


def difference_of(compared: Study, one: Replicated, other: Replicated, confidence: float) -> Difference:
    """One figure less the other with its interval, without a verdict."""
    value, spread = one.mean - other.mean, spread_of_difference(one, other, compared.sample_df)
    estimate = None if spread.training is None else estimate_of(value, spread)
    return Difference(value, Interval(*estimate.interval(confidence), compared.flag) if estimate else None)


def _pair(
    compared: Study, first: str, second: str, settings: ComparisonSettings, folds: Folds | None
) -> ComparedPair:
    one, other = (compared.figures[name][settings.figure] for name in (first, second))
    spread = spread_of_difference(one, other, compared.sample_df)
    by_folds = folds is not None and folds.decides
    estimate = folds.estimate if folds and by_folds else estimate_of(one.mean - other.mean, spread)
    why_none = why_no_verdict(compared, spread, estimate, by_folds=by_folds)
    sure = estimate if why_none is None else None
    worse, equal, better = sure.probabilities(settings.margin) if sure else (None, None, None)
    return ComparedPair(
        first=first,
        second=second,
        verdict=NOT_SHOWN,
        difference=estimate.value if estimate else one.mean - other.mean,
        standard_error=estimate.standard_error if estimate else 0.0,
        df=estimate.df if estimate else spread.df,
        interval=Interval(*sure.interval(settings.confidence), compared.flag) if sure else None,
        p=sure.p if sure else None,
        p_holm=None,
        p_equivalent=sure.p_equivalent(settings.margin) if sure else None,
        p_equivalent_holm=None,
        p_verdict_false=None,
        p_worse=worse,
        p_equal=equal,
        p_better=better,
        cross_checks=cross_checks(compared, first, second, settings),
        others={
            name: difference_of(compared, compared.figures[first][name], values, settings.confidence)
            for name, values in compared.figures[second].items()
            if name != settings.figure and name in compared.figures[first]
        },
        folds=folds.test if folds else None,
        why_none=why_none,
    )


def estimate_of(value: float, spread: Spread) -> Estimate | None:
    """A difference with its standard error, ``None`` where that is 0."""
    return Estimate(value, spread.standard_error, spread.df) if spread.standard_error else None


def why_no_verdict(
    compared: Study, spread: Spread, estimate: Estimate | None, *, by_folds: bool = False
) -> str | None:
    """Say why nothing can be shown, ``None`` where it can.

    Args:
        compared: The networks.
        spread: Of their difference.
        estimate: Of the difference, ``None`` where nothing tells how sure it is.
        by_folds: Whether the verdict follows from folds, so that a single seed is enough.
    """
    rarest = min(compared.groups_by_class.values())
    if rarest < FEWEST_GROUPS:
        return f"a class has {rarest} groups of test images, and fewer than {FEWEST_GROUPS} show nothing"
    if spread.training is None and not by_folds:
        return "a network has a single run, and one seed does not tell what another would have given"
    if estimate is None:
        return "the difference is the same whatever is resampled, so that nothing tells how sure it is"
    return None


def _with_verdict(pair: ComparedPair, level: float) -> ComparedPair:
    word = verdict(pair.difference, pair.p_holm, pair.p_equivalent_holm, level)
    if pair.p is None or pair.p_equal is None or word == NOT_SHOWN:
        return replace(pair, verdict=word)
    return replace(pair, verdict=word, p_verdict_false=1 - pair.p_equal if word == EQUAL else pair.p / 2)
