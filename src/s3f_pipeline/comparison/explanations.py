"""Explanations of finished runs side by side: networks on the same axes, and seeds against one another."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.comparison.design import design
from s3f_pipeline.comparison.repeated_maps import alike_maps
from s3f_pipeline.results import FinishedRun
from s3f_pipeline.results.compared_explanations import (
    BranchRepeats,
    ComparedExplanations,
    Curves,
    ExplainedNetwork,
    LeftOutRun,
    OverSeeds,
    Repeatability,
    Without,
)
from s3f_pipeline.results.explained import FinishedExplanation, find_explanation
from s3f_pipeline.results.explanation import Removed

NOT_EXPLAINED = "not explained yet"
OTHER_IMAGES = "explained on other images"
NOT_ALL_FOLDS = "another fold of its seed is left out"
KINDS = ("low_pass", "high_pass", "band_stop")
PERMUTED, DROP = "permuted", "accuracy_drop"


@dataclass(frozen=True)
class Explained:
    """A run, and its explanation."""

    run: FinishedRun
    found: FinishedExplanation

    @property
    def images(self) -> tuple[str, ...]:
        """Ids of the images that bands were taken out of."""
        return self.found.content.images.sampled

    @cached_property
    def predicted(self) -> NDArray[np.str_]:
        """The class that the run names of each of these images."""
        predictions = self.run.predictions().set_index("image_id")["predicted"]
        return predictions.loc[list(self.images)].to_numpy(str)

    @cached_property
    def maps(self) -> dict[str, np.ndarray]:
        """Maps of these images by method, (n, h, w); none of a network that has none."""
        place = self.found.content.place
        names = {f"sampled_{method}": method for method in (place.methods if place else ())}
        return {names[name]: maps for name, maps in self.found.arrays(names).items()}


Seeds = Mapping[int, Sequence[Explained]]
"""Of one network the runs of each seed, one, or one of each fold."""


def compare_explanations(
    runs: Sequence[FinishedRun], order: Sequence[str], seed: int
) -> ComparedExplanations:
    """Put what networks can do without on the same axes, and hold seeds against one another.

    Args:
        runs: Those that are compared.
        order: Of the networks.
        seed: Of the pairs of different images.

    Raises:
        ResultsError: As ``design``, and if an explanation is damaged.
    """
    found = design(runs)
    explained = {run.id: each for run in found.runs if (each := _explanation(run))}
    usual = _usual_images(list(explained.values()))
    alike = {key: each for key, each in explained.items() if each.images == usual[each.run.id.fold]}
    networks: dict[str, Seeds] = {}
    for name in order:
        by_seed = found.repeats[name]
        whole = {
            number: [alike[run.id] for run in of_seed]
            for number, of_seed in by_seed.items()
            if all(run.id in alike for run in of_seed)
        }
        if whole:
            networks[name] = whole
    shown = {each.run.id for seeds in networks.values() for of_seed in seeds.values() for each in of_seed}
    stated = {name: _network(seeds, seed) for name, seeds in networks.items()}
    first = next(iter(next(iter(networks.values())).values())) if networks else []
    return ComparedExplanations(
        cohort=found.runs[0].id.cohort,
        protocol=found.runs[0].id.protocol,
        images=sum(len(each.images) for each in first),
        networks=stated,
        between_networks=_between([_means(each.curves) for each in stated.values()]),
        left_out=tuple(
            LeftOutRun(run.id.variant, run.id.seed, run.id.fold, _why(run, explained, alike))
            for run in found.runs
            if run.id not in shown
        ),
    )


def _explanation(run: FinishedRun) -> Explained | None:
    found = find_explanation(run)
    return None if found is None else Explained(run, found)


def _usual_images(explained: Sequence[Explained]) -> dict[int | None, tuple[str, ...]]:
    """The images that most runs of each fold have looked at; of equally many the first."""
    counted: dict[int | None, Counter[tuple[str, ...]]] = {}
    for each in explained:
        counted.setdefault(each.run.id.fold, Counter())[each.images] += 1
    return {fold: counts.most_common(1)[0][0] for fold, counts in counted.items()}


def _why(run: FinishedRun, explained: Mapping, alike: Mapping) -> str:
    if run.id not in explained:
        return NOT_EXPLAINED
    return NOT_ALL_FOLDS if run.id in alike else OTHER_IMAGES


def _network(seeds: Seeds, seed: int) -> ExplainedNetwork:
    whole = [[each.found.content.frequency.removal.unchanged for each in runs] for runs in seeds.values()]
    curves = Curves(
        accuracy=_over_seeds([fmean(each.accuracy for each in of_seed) for of_seed in whole]),
        macro_f1=_over_seeds([fmean(each.macro_f1 for each in of_seed) for of_seed in whole]),
        **{kind: tuple(_without(bands) for bands in _bands(seeds, kind)) for kind in KINDS},
    )
    return ExplainedNetwork(tuple(seeds), curves, _repeatability(seeds, seed) if len(seeds) > 1 else None)


def _bands(seeds: Seeds, kind: str) -> Iterator[list[list[Removed]]]:
    """Band by band what is left, of each seed and fold."""
    lists = [
        [getattr(each.found.content.frequency.removal, kind) for each in runs] for runs in seeds.values()
    ]
    for number in range(len(lists[0][0])):
        yield [[of_run[number] for of_run in of_seed] for of_seed in lists]


def _without(bands: list[list[Removed]]) -> Without:
    one = bands[0][0]
    return Without(
        low=one.low,
        high=one.high,
        accuracy=_over_seeds([fmean(each.accuracy for each in of_seed) for of_seed in bands]),
        macro_f1=_over_seeds([fmean(each.macro_f1 for each in of_seed) for of_seed in bands]),
    )


def _repeatability(seeds: Seeds, seed: int) -> Repeatability:
    accuracies = np.array(
        [
            [fmean(each.accuracy for each in of_seed) for of_seed in bands]
            for kind in KINDS
            for bands in _bands(seeds, kind)
        ]
    )
    apart = np.abs(
        [accuracies[:, one] - accuracies[:, two] for one, two in combinations(range(len(seeds)), 2)]
    )
    pairs = [
        (one, two)
        for first, second in combinations(seeds.values(), 2)
        for one, two in zip(first, second, strict=True)
    ]
    return Repeatability(
        curve=float(apart.mean()),
        curve_largest=float(apart.max()),
        maps=alike_maps([(one.maps, two.maps, one.predicted == two.predicted) for one, two in pairs], seed),
        branches=_branches(seeds),
    )


def _branches(seeds: Seeds) -> BranchRepeats | None:
    found = [[each.found.content.branches for each in runs] for runs in seeds.values()]
    told = [[each for each in of_seed if each] for of_seed in found]
    runs = [each for of_seed in told for each in of_seed]
    if not runs or any(PERMUTED not in each.influence.methods for each in runs):
        return None
    drops = {
        name: [
            fmean(each.influence.methods[PERMUTED][name].overall.values[DROP] or 0.0 for each in of_seed)
            for of_seed in told
        ]
        for name in runs[0].names
    }
    named = Counter(each.agreement.named_by_influence for each in runs)
    return BranchRepeats(
        drops={name: _over_seeds(values) for name, values in drops.items()},
        named={name: named[name] for name in drops},
        runs=len(runs),
    )


def _over_seeds(values: Sequence[float]) -> OverSeeds:
    return OverSeeds(fmean(values), min(values), max(values))


def _means(curves: Curves) -> NDArray[np.float64]:
    return np.array([each.accuracy.mean for kind in KINDS for each in getattr(curves, kind)])


def _between(means: Sequence[NDArray[np.float64]]) -> float | None:
    apart = [float(np.abs(one - two).mean()) for one, two in combinations(means, 2)]
    return fmean(apart) if apart else None
