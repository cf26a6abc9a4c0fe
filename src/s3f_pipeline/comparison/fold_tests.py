"""Differences of two networks over the folds of a cross-validation, read off their runs."""

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from s3f_pipeline.comparison.design import Design
from s3f_pipeline.comparison.estimate import Estimate
from s3f_pipeline.comparison.folds import correlated_t, nadeau_bengio
from s3f_pipeline.comparison.pairs import Folds
from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.results import FinishedRun
from s3f_pipeline.results.comparison import FoldTest
from s3f_pipeline.results.intervals import Interval


def fold_tests(
    found: Design, order: Sequence[str], settings: ComparisonSettings
) -> dict[tuple[str, str], Folds]:
    """Test every pair of networks over the folds that all have; empty without a cross-validation.

    Args:
        found: The runs.
        order: Of the networks, which is that of the pairs.
        settings: Figure, margin, confidence.
    """
    named = [name for name in order if found.folds.get(name)]
    if len(named) < 2:
        return {}
    test_share, folds = _sizes(found.folds[named[0]])
    means = {name: _mean_by_fold(found.folds[name], settings.figure) for name in named}
    return {
        (first, second): Folds(*fold_test(one, other, test_share, folds, settings), found.is_cross_validation)
        for first, second in combinations(named, 2)
        if (one := means[first]) is not None and (other := means[second]) is not None
    }


def fold_test(
    one: dict[int, float],
    other: dict[int, float],
    test_share: float,
    folds: int,
    settings: ComparisonSettings,
) -> tuple[FoldTest, Estimate | None]:
    """Test the difference of two networks over folds.

    Args:
        one: Figure of the first network by fold.
        other: Of the second, of the same folds.
        test_share: Groups that test over groups that train.
        folds: Of the cross-validation.
        settings: Margin and confidence.
    """
    differences = [one[fold] - other[fold] for fold in one]
    estimate = nadeau_bengio(differences, test_share)
    believed = correlated_t(differences, folds)
    worse, equal, better = believed.probabilities(settings.margin) if believed else (None, None, None)
    shown = FoldTest(
        folds=tuple(one),
        differences=tuple(differences),
        mean=fmean(differences),
        interval=Interval(*estimate.interval(settings.confidence), None) if estimate else None,
        p=estimate.p if estimate else None,
        p_worse=worse,
        p_equal=equal,
        p_better=better,
    )
    return shown, estimate


def _mean_by_fold(runs: Sequence[FinishedRun], figure: str) -> dict[int, float] | None:
    """Mean over seeds of a test figure, by fold; ``None`` where a run has no such figure."""
    values: dict[int, list[float]] = {}
    for run in runs:
        value = getattr(run.metrics.test, figure)
        if run.id.fold is None or value is None:
            return None
        values.setdefault(run.id.fold, []).append(value)
    return {fold: fmean(of_fold) for fold, of_fold in sorted(values.items())}


def _sizes(runs: Sequence[FinishedRun]) -> tuple[float, int]:
    """Groups that test over groups that train, and the number of folds, means over the folds."""
    sides = [run.split_summary() for run in {run.id.fold: run for run in runs}.values()]
    test = fmean(each.test.groups for each in sides)
    train = fmean(each.train.groups for each in sides)
    everything = fmean(sum(side.groups for side in each.sides.values()) for each in sides)
    return test / train, round(everything / test)
