"""What a leak into training is worth: figures with it less figures without, on the same test images."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import pandas as pd

from s3f_pipeline.comparison.holm import holm
from s3f_pipeline.comparison.leakage_runs import PairedRuns
from s3f_pipeline.comparison.pairs import difference_of, estimate_of, why_no_verdict
from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.comparison.spread import spread_of_difference
from s3f_pipeline.comparison.study import Study, study
from s3f_pipeline.comparison.summary import compared_run
from s3f_pipeline.comparison.verdicts import NOT_SHOWN, verdict
from s3f_pipeline.results import FinishedRun, runs_hash
from s3f_pipeline.results.leakage_effect import (
    Arm,
    Effect,
    EffectOnImages,
    JudgedEffect,
    LeakageEffect,
    NetworkEffect,
)

FIGURES = ("balanced_accuracy", "accuracy", "macro_f1", "auc_macro", "loss")
"""Beside the one that decides."""
OF_CLASS = ("accuracy", "loss")
"""Of the images of one class: the accuracy is its recall."""
Place = tuple[str, str]
"""A network, and a set of test images or a class."""
Value = TypeVar("Value")


def measure_leakage(
    paired: PairedRuns, settings: ComparisonSettings, *, titles: Mapping[str, str], mlflow_run_id: str | None
) -> LeakageEffect:
    """Measure the effect of a leak on every network.

    Test images pair the two sides, seeds are independent repeats, and intervals are over groups and seeds, as
    in the comparison of two networks. Verdicts are of the deciding figure, on all test images, on those
    concerned and on the others, with Holm's correction over these and all networks.

    Args:
        paired: Runs of both sides.
        settings: Figure, margin, confidence, resamples.
        titles: What pages call networks.
        mlflow_run_id: The run that this is logged to.
    """
    runs = {
        "leak_free": [run for of_name in paired.leak_free.values() for run in of_name],
        "leaking": [run for of_name in paired.leaking.values() for run in of_name],
    }
    first = runs["leaking"][0]
    by_set, by_class = _studies(paired, first.training.classes, settings)
    figures = tuple(dict.fromkeys((settings.figure, *FIGURES)))
    on_sets = {place: _effects(compared, figures, settings) for place, compared in by_set.items()}
    on_classes = {place: _effects(compared, OF_CLASS, settings) for place, compared in by_class.items()}
    verdicts = _verdicts(by_set, settings)
    return LeakageEffect(
        cohort=first.id.cohort,
        synthetic=first.metrics.synthetic,
        leak=paired.leak,
        official_test=paired.official_test,
        data_hash=first.training.data_hash,
        runs_hash=runs_hash([*runs["leak_free"], *runs["leaking"]]),
        mlflow_run_id=mlflow_run_id,
        figure=settings.figure,
        margin=settings.margin,
        confidence=settings.confidence,
        replicates=settings.replicates,
        leak_free=_arm(runs["leak_free"]),
        leaking=_arm(runs["leaking"]),
        injected=paired.injected,
        networks={
            name: NetworkEffect(
                title=titles.get(name, name),
                seeds=tuple(run.id.seed for run in of_name),
                images=_of_network(name, on_sets),
                verdicts=_of_network(name, verdicts),
                classes=_of_network(name, on_classes),
            )
            for name, of_name in paired.leaking.items()
        },
    )


def _studies(
    paired: PairedRuns, classes: Sequence[str], settings: ComparisonSettings
) -> tuple[dict[Place, Study], dict[Place, Study]]:
    """Both sides of each network on each set of images, and on the images of each class."""
    by_set: dict[Place, Study] = {}
    by_class: dict[Place, Study] = {}
    for name in paired.leaking:
        tables = {
            side: [_tested(run) for run in runs[name]]
            for side, runs in (("leak_free", paired.leak_free), ("leaking", paired.leaking))
        }
        shown = tables["leaking"][0]
        concerned = shown["image_id"].isin(paired.concerned)
        sets = {"overall": concerned | True, "concerned": concerned, "others": ~concerned}
        for studied, parts in (
            (by_set, sets),
            (by_class, {label: shown["label"] == label for label in classes}),
        ):
            for which, part in parts.items():
                if part.any():
                    studied[name, which] = _study(tables, set(shown["image_id"][part]), classes, settings)
    return by_set, by_class


def _tested(run: FinishedRun) -> pd.DataFrame:
    table = run.predictions()
    return table[table["split"] == "test"]


def _study(
    tables: Mapping[str, Sequence[pd.DataFrame]],
    chosen: set[str],
    classes: Sequence[str],
    settings: ComparisonSettings,
) -> Study:
    part = {
        side: [table[table["image_id"].isin(chosen)] for table in of_side] for side, of_side in tables.items()
    }
    return study(part, classes, replicates=settings.replicates, seed=settings.seed)


def _effects(compared: Study, figures: Sequence[str], settings: ComparisonSettings) -> EffectOnImages:
    effects = {}
    for figure in figures:
        if sides := compared.of(figure):
            effects[figure] = Effect(
                sides["leak_free"].mean,
                sides["leaking"].mean,
                difference_of(compared, sides["leaking"], sides["leak_free"], settings.confidence),
            )
    return EffectOnImages(len(compared.images.labels), compared.images.group_count, effects)


def _verdicts(studies: Mapping[Place, Study], settings: ComparisonSettings) -> dict[Place, JudgedEffect]:
    found = [_judged(compared, settings) for compared in studies.values()]
    adjusted = holm([each.p for each in found])
    equivalent = holm([each.p_equivalent for each in found])
    return {
        place: replace(
            each,
            verdict=verdict(_difference(compared, settings.figure), p, p_equivalent, settings.level),
            p_holm=p,
            p_equivalent_holm=p_equivalent,
        )
        for (place, compared), each, p, p_equivalent in zip(
            studies.items(), found, adjusted, equivalent, strict=True
        )
    }


def _judged(compared: Study, settings: ComparisonSettings) -> JudgedEffect:
    """One effect by itself, before it is corrected for the others and gets its verdict."""
    nothing = JudgedEffect(NOT_SHOWN, None, None, None, None, None)
    sides = compared.of(settings.figure)
    if not sides:
        return replace(nothing, why_none=f"{settings.figure} does not exist on these images")
    spread = spread_of_difference(sides["leaking"], sides["leak_free"], compared.sample_df)
    estimate = estimate_of(_difference(compared, settings.figure), spread)
    why_none = why_no_verdict(compared, spread, estimate)
    if estimate is None or why_none:
        return replace(nothing, why_none=why_none)
    return replace(nothing, p=estimate.p, p_equivalent=estimate.p_equivalent(settings.margin))


def _difference(compared: Study, figure: str) -> float:
    """With the leak less without; 0 where the figure does not exist."""
    sides = compared.of(figure)
    return sides["leaking"].mean - sides["leak_free"].mean if sides else 0.0


def _arm(runs: Sequence[FinishedRun]) -> Arm:
    return Arm(runs[0].training.splits_hash, tuple(map(compared_run, runs)))


def _of_network(name: str, places: Mapping[Place, Value]) -> dict[str, Value]:
    return {which: value for (network, which), value in places.items() if network == name}
