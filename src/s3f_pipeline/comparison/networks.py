"""What each network comes to: figures, sources of uncertainty, cost, optimism, price of picking."""

from collections.abc import Mapping, Sequence
from math import inf, sqrt
from statistics import fmean

from s3f_pipeline.comparison.cost import multiply_adds
from s3f_pipeline.comparison.estimate import Estimate
from s3f_pipeline.comparison.picking import PickedEpoch, mean_price, picked_epoch
from s3f_pipeline.comparison.replicated import Replicated
from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.comparison.spread import spread_of_mean
from s3f_pipeline.comparison.study import Study
from s3f_pipeline.results import FinishedRun
from s3f_pipeline.results.comparison import ComparedNetwork, Cost, Difference, FigureOfRuns, Picking, Sources
from s3f_pipeline.results.intervals import Interval
from s3f_pipeline.room import room_needed

RANGES = {"kappa": (-1.0, 1.0), "mcc": (-1.0, 1.0), "loss": (0.0, inf), "brier": (0.0, 2.0)}
"""Of figures that are not between 0 and 1."""


def network_of(
    name: str,
    title: str,
    runs: Mapping[int, Sequence[FinishedRun]],
    test: Study,
    validation: Study | None,
    settings: ComparisonSettings,
    latency: float | None,
) -> ComparedNetwork:
    """Sum up one network.

    Args:
        name: Of the network in the studies.
        title: What pages call it.
        runs: Its runs by seed.
        test: All networks on the test images.
        validation: On the validation images, ``None`` where there are none.
        settings: Figure and confidence.
        latency: Seconds of one image, ``None`` if not measured.
    """
    flat = [run for of_seed in runs.values() for run in of_seed]
    metric, split = flat[0].training.selection_metric, flat[0].training.selection_split
    epochs = [_epochs(run) for run in flat]
    jitters = [run.jitter for run in epochs if run.jitter is not None]
    decides = test.figures[name][settings.figure]
    variance = decides.run_variance
    return ComparedNetwork(
        title=title,
        seeds=tuple(runs),
        figures={
            figure: FigureOfRuns(
                values.mean,
                tuple(map(float, values.figures)),
                _interval(values, test, settings.confidence, RANGES.get(figure, (0.0, 1.0))),
            )
            for figure, values in test.figures[name].items()
        },
        sources=Sources(
            seed=None if variance is None else sqrt(variance),
            sample=sqrt(decides.own_covariance),
            epoch=fmean(jitters) if jitters else None,
            epoch_metric=metric,
            epoch_split=split,
        ),
        cost=cost_of(flat, latency),
        optimism=_optimism(name, test, validation, settings),
        picking=_picking(metric, split, epochs, settings.confidence),
    )


def cost_of(runs: Sequence[FinishedRun], latency: float | None) -> Cost:
    """What the runs of one network say of its cost, and the seconds that it takes for one image."""
    facts = [run.training for run in runs]
    batch_size = facts[0].config["training"]["batch_size"]
    return Cost(
        parameters=facts[0].parameters,
        multiply_adds=multiply_adds(facts[0].network),
        training_seconds=fmean(each.seconds for each in facts),
        seconds_per_epoch=fmean(each.seconds / each.epochs_run for each in facts),
        devices=tuple(sorted({each.device for each in facts})),
        latency_seconds=latency,
        memory_bytes=room_needed(facts[0].network, batch_size=batch_size, devices=facts[0].replicas).memory,
    )


def _interval(
    values: Replicated, compared: Study, confidence: float, limits: tuple[float, float]
) -> Interval | None:
    spread = spread_of_mean(values, compared.sample_df)
    if spread.training is None or spread.standard_error == 0:
        return None
    low, high = Estimate(values.mean, spread.standard_error, spread.df).interval(confidence)
    return Interval(max(low, limits[0]), min(high, limits[1]), compared.flag)


def _optimism(
    name: str, test: Study, validation: Study | None, settings: ComparisonSettings
) -> Difference | None:
    if validation is None or settings.figure not in validation.figures[name]:
        return None
    gap = validation.figures[name][settings.figure].minus(test.figures[name][settings.figure])
    fewer = min(test, validation, key=lambda compared: compared.sample_df)
    return Difference(gap.mean, _interval(gap, fewer, settings.confidence, (-inf, inf)))


def _epochs(run: FinishedRun) -> PickedEpoch:
    figures = run.history()[f"selection_{run.training.selection_metric}"]
    return picked_epoch([float(figure) for figure in figures], run.training.selected_epoch)


def _picking(metric: str, split: str, runs: Sequence[PickedEpoch], confidence: float) -> Picking:
    estimate = mean_price(runs)
    return Picking(
        metric=metric,
        split=split,
        picked=fmean(run.picked for run in runs),
        settled=fmean(run.settled for run in runs),
        price=Difference(
            fmean(run.price for run in runs),
            Interval(*estimate.interval(confidence), None) if estimate else None,
        ),
        prices=tuple(run.price for run in runs),
    )
