"""All of it: from finished runs to what ``advice.json`` and ``comparison.json`` hold."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from statistics import fmean

import numpy as np

from s3f_pipeline.comparison.advice import advise
from s3f_pipeline.comparison.claims import p_claim_false_range
from s3f_pipeline.comparison.design import Design, design
from s3f_pipeline.comparison.fold_tests import fold_tests
from s3f_pipeline.comparison.networks import network_of
from s3f_pipeline.comparison.pairs import compare_pairs
from s3f_pipeline.comparison.pareto import pareto
from s3f_pipeline.comparison.settings import Claim, ComparisonSettings
from s3f_pipeline.comparison.study import Study, study
from s3f_pipeline.comparison.verdicts import FEW_GROUPS
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import FinishedRun, runs_hash
from s3f_pipeline.results.advice import Advice
from s3f_pipeline.results.comparison import (
    ClassCount,
    ComparedNetwork,
    ComparedRun,
    Comparison,
    ImageCounts,
    JudgedClaim,
)
from s3f_pipeline.results.intervals import Interval


def advise_on_validation(runs: Sequence[FinishedRun], settings: ComparisonSettings) -> Advice:
    """Advise a network from predictions of validation images alone.

    Raises:
        ResultsError: As ``design``.
    """
    found = design(runs)
    parameters = {name: _first_run(found, name).training.parameters for name in found.repeats}
    nothing = Advice(
        runs=runs_hash(runs),
        figure=settings.figure,
        network=None,
        best=None,
        tied=(),
        means={},
        parameters=parameters,
        chosen={},
        why_none=None,
    )
    seen = _validation(found, settings)
    if seen is None:
        return replace(nothing, why_none="the protocol has no validation images besides the test images")
    figures = seen.of(settings.figure)
    if not figures:
        return replace(nothing, why_none=f"{settings.figure} does not exist on the validation images")
    choice = advise(
        figures,
        parameters,
        margin=settings.margin,
        confidence=settings.confidence,
        sample_df=seen.sample_df,
        seed=settings.seed,
    )
    return replace(
        nothing,
        network=choice.network,
        best=choice.best,
        tied=choice.tied,
        means=choice.means,
        chosen=choice.chosen,
    )


def compare(
    runs: Sequence[FinishedRun],
    advice: Advice,
    settings: ComparisonSettings,
    *,
    titles: Mapping[str, str],
    claims: Sequence[Claim],
    latencies: Mapping[str, float],
    mlflow_run_id: str | None,
) -> Comparison:
    """Compare the networks of finished runs on their test images.

    Args:
        runs: Of one cohort and protocol.
        advice: That was given before.
        settings: Figure, margin, confidence, resamples.
        titles: What pages call networks.
        claims: That were published on the cohort.
        latencies: Seconds of one image, of networks where that is known.
        mlflow_run_id: The run that this is logged to.

    Raises:
        ResultsError: As ``design``; or if the advice is of other runs, or the figure does not exist.
    """
    if advice.runs != runs_hash(runs):
        raise ResultsError("The advice is of other runs than these. Run the whole comparison again.")
    found = design(runs)
    test = _ordered(_study(found, "test", settings), settings.figure)
    validation = _validation(found, settings)
    networks = {
        name: network_of(
            name, titles.get(name, name), found.repeats[name], test, validation, settings, latencies.get(name)
        )
        for name in test.figures
    }
    first = found.runs[0]
    return Comparison(
        cohort=first.id.cohort,
        protocol=first.id.protocol,
        guarantee=first.training.guarantee,
        selection_split=first.training.selection_split,
        selected_on_test=first.training.selected_on_test,
        synthetic=first.metrics.synthetic,
        splits_hash=first.training.splits_hash,
        data_hash=first.training.data_hash,
        runs_hash=advice.runs,
        mlflow_run_id=mlflow_run_id,
        figure=settings.figure,
        margin=settings.margin,
        confidence=settings.confidence,
        replicates=settings.replicates,
        runs=tuple(compared_run(run) for run in found.runs),
        images=_counts(test),
        networks=networks,
        pairs=compare_pairs(test, settings, fold_tests(found, list(test.figures), settings)),
        pareto=_pareto(networks, settings.figure),
        advice=advice,
        claims=tuple(_judged(claim) for claim in claims),
        notes=(*found.notes, *_notes(test, found)),
    )


def _pareto(networks: Mapping[str, ComparedNetwork], figure: str) -> tuple[str, ...]:
    means = {name: network.figures[figure].mean for name, network in networks.items()}
    return tuple(pareto(means, {name: float(each.cost.parameters) for name, each in networks.items()}))


def _study(found: Design, split: str, settings: ComparisonSettings) -> Study:
    """Test and validation images are resampled by different seeds, as they have nothing in common."""
    seed = settings.seed + (split == "validation")
    classes = found.runs[0].training.classes
    return study(found.tables(split), classes, replicates=settings.replicates, seed=seed)


def _validation(found: Design, settings: ComparisonSettings) -> Study | None:
    if any(run.metrics.validation is None for run in found.runs):
        return None
    return _study(found, "validation", settings)


def _ordered(compared: Study, figure: str) -> Study:
    """The best mean figure first.

    Raises:
        ResultsError: If a network has no such figure.
    """
    values = compared.of(figure)
    if not values:
        raise ResultsError(
            f"{figure} does not exist on these test images, so that it cannot decide. Choose another figure: "
            f"--params=comparison.figure=accuracy."
        )
    order = sorted(values, key=lambda name: (-values[name].mean, name))
    return replace(compared, figures={name: compared.figures[name] for name in order})


def _first_run(found: Design, name: str) -> FinishedRun:
    return next(iter(found.repeats[name].values()))[0]


def compared_run(run: FinishedRun) -> ComparedRun:
    """What a comparison notes of a run whose predictions it has read."""
    content = run.evaluation.content("predictions")
    assert content is not None  # what predictions() has checked
    return ComparedRun(
        variant=run.id.variant,
        seed=run.id.seed,
        fold=run.id.fold,
        selected_epoch=run.training.selected_epoch,
        mlflow_run_id=run.training.mlflow_run_id,
        git_commit=run.training.git_commit,
        predictions=content.sha256,
    )


def _counts(test: Study) -> ImageCounts:
    images = np.bincount(test.images.labels, minlength=len(test.classes))
    return ImageCounts(
        images=len(test.images.labels),
        groups=test.images.group_count,
        singletons=int(np.count_nonzero(test.images.singletons)),
        classes={
            name: ClassCount(int(count), groups)
            for (name, groups), count in zip(test.groups_by_class.items(), images, strict=True)
        },
    )


def _judged(claim: Claim) -> JudgedClaim:
    found = p_claim_false_range(claim.accuracy, claim.other_accuracy, claim.test_images)
    return JudgedClaim(**asdict(claim), p_false=Interval(*found, flag=None))


def _notes(test: Study, found: Design) -> list[str]:
    few = [f"{name} ({groups})" for name, groups in test.groups_by_class.items() if groups < FEW_GROUPS]
    single = [name for name, by_seed in found.repeats.items() if len(by_seed) == 1]
    seeds = fmean(len(by_seed) for by_seed in found.repeats.values())
    notes = []
    if test.one_class_runs:
        told = [
            f"{name} ({count} of {len(test.probabilities[name])} runs)"
            for name, count in test.one_class_runs.items()
        ]
        notes.append(
            f"Every test image is called the same class by {', '.join(told)}. Such a run has not learned to "
            f"tell the classes apart; differences from it say so, and no more."
        )
    if few:
        notes.append(
            f"Fewer than {FEW_GROUPS} groups of test images: {', '.join(few)}. Intervals are rough there."
        )
    if single:
        notes.append(
            f"A single seed: {', '.join(single)}. What another seed would have given is not known, so that "
            f"nothing is called better or worse."
        )
    elif seeds < 3:
        notes.append(
            "Two seeds tell little of how much seeds matter: where they happen to agree, intervals take "
            "seeds not to matter."
        )
    if found.is_cross_validation:
        notes.append("Figures are of all test images of the folds; verdicts follow from the folds.")
    return notes
