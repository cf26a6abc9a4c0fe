"""What other methods say of a difference: bootstraps, McNemar, Claims Reloaded, DeLong."""

from itertools import product
from statistics import median

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.comparison.bootstrap import bootstrap_p, percentile_interval, two_level
from s3f_pipeline.comparison.delong import Placements, delong_p
from s3f_pipeline.comparison.exact import Discordant
from s3f_pipeline.comparison.holm import holm
from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.comparison.study import Study
from s3f_pipeline.results.comparison import CrossChecks, OverRunPairs, Resampled
from s3f_pipeline.results.intervals import Interval


def cross_checks(compared: Study, first: str, second: str, settings: ComparisonSettings) -> CrossChecks:
    """Ask all of them; exact tests take images that are alone in their group, as they must be independent."""
    one, other = (compared.figures[name][settings.figure] for name in (first, second))
    by_runs = two_level(one, first, settings.seed) - two_level(other, second, settings.seed)
    alone = compared.images.singletons
    labels = compared.images.labels[alone]
    firsts, seconds = (compared.probabilities[name][:, alone] for name in (first, second))
    tables = [
        Discordant.of(mine.argmax(axis=1) == labels, theirs.argmax(axis=1) == labels)
        for mine, theirs in product(firsts, seconds)
    ]
    claims = _claims(tables)
    return CrossChecks(
        groups=_resampled(one.of_mean - other.of_mean, settings.confidence),
        two_level=_resampled(by_runs, settings.confidence),
        mcnemar_p=_over([table.mcnemar_p for table in tables]) if alone.any() else None,
        claim_false=_over(claims) if claims else None,
        delong_p=_delong(compared.classes, labels, firsts, seconds) if alone.any() else {},
    )


def _resampled(differences: NDArray[np.float64], confidence: float) -> Resampled:
    return Resampled(Interval(*percentile_interval(differences, confidence), None), bootstrap_p(differences))


def _claims(tables: list[Discordant]) -> list[float]:
    """Of the claim that the network which is more often right, over all pairs of runs, is the better one."""
    lead = sum(table.first - table.second for table in tables)
    if lead == 0:
        return []
    return [table.p_first_not_better if lead > 0 else 1 - table.p_first_not_better for table in tables]


def _delong(
    classes: tuple[str, ...],
    labels: NDArray[np.int64],
    firsts: NDArray[np.float64],
    seconds: NDArray[np.float64],
) -> dict[str, OverRunPairs]:
    """By class; of two classes both have the same areas, and the second one stands for both."""
    counts = np.bincount(labels, minlength=len(classes))
    named = [1] if len(classes) == 2 else range(len(classes))
    numbers = [number for number in named if 0 < counts[number] < len(labels)]

    def placed(of_run: NDArray[np.float64]) -> list[Placements]:
        return [Placements.of(labels == number, of_run[:, number]) for number in numbers]

    pairs = product(map(placed, firsts), [placed(of_run) for of_run in seconds])
    by_runs = [holm(list(map(delong_p, mine, theirs))) for mine, theirs in pairs]
    by_class = zip(numbers, zip(*by_runs, strict=True), strict=True)
    return {
        classes[number]: _over([p for p in values if p is not None])
        for number, values in by_class
        if None not in values
    }


def _over(values: list[float]) -> OverRunPairs:
    return OverRunPairs(median(values), min(values), max(values), len(values))
