"""Plots of networks against one another."""

from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.reporting.style import BLUE, GRID, GUIDE, ORANGE, STYLE, literal
from s3f_pipeline.results.comparison import ComparedPair, Comparison

ROW = 0.42
"""Height of a row in inches."""


@rc_context(STYLE)
def plot_networks(comparison: Comparison) -> Figure:
    """Mean of each network with its interval, and every run as a dot."""
    figure, axes = _rows(len(comparison.networks))
    for place, network in enumerate(comparison.networks.values()):
        shown = network.figures[comparison.figure]
        if shown.interval:
            axes.plot([shown.interval.low, shown.interval.high], [place, place], color=BLUE)
        axes.plot(shown.values, [place] * len(shown.values), "o", color=ORANGE, markersize=4, alpha=0.7)
        axes.plot(shown.mean, place, "|", color=BLUE, markersize=16, markeredgewidth=2.5)
    axes.set_yticks(range(len(comparison.networks)), [literal(name) for name in comparison.networks])
    axes.set_xlabel(f"Test {metric_name(comparison.figure)}")
    return figure


@rc_context(STYLE)
def plot_differences(comparison: Comparison, pairs: Sequence[ComparedPair]) -> Figure:
    """Differences with their intervals, and the margin within which they do not matter.

    Args:
        comparison: With figure and margin.
        pairs: To show, in this order.
    """
    figure, axes = _rows(len(pairs))
    axes.axvspan(-comparison.margin, comparison.margin, color=GRID, linewidth=0)
    axes.axvline(0, color=GUIDE, linewidth=1)
    for place, pair in enumerate(pairs):
        if pair.interval:
            axes.plot([pair.interval.low, pair.interval.high], [place, place], color=BLUE)
        axes.plot(pair.difference, place, "o", color=BLUE, markersize=6)
    titles = [f"{literal(pair.first)} \N{MINUS SIGN} {literal(pair.second)}" for pair in pairs]
    axes.set_yticks(range(len(pairs)), titles)
    axes.set_xlabel(f"Difference of test {metric_name(comparison.figure)} (grey: within the margin)")
    return figure


@rc_context(STYLE)
def plot_pareto(comparison: Comparison) -> Figure:
    """Figure against number of parameters; networks that nothing beats are joined."""
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.subplots()
    points = {
        name: (network.cost.parameters, network.figures[comparison.figure])
        for name, network in comparison.networks.items()
    }
    best = [points[name] for name in comparison.pareto]
    axes.plot([cost for cost, _ in best], [shown.mean for _, shown in best], color=GUIDE, linestyle=":")
    for place, (name, (cost, shown)) in enumerate(points.items()):
        above = place % 2 == 0  # neighbours in rank do not stand on each other's names
        color = BLUE if name in comparison.pareto else ORANGE
        if shown.interval:
            axes.plot([cost, cost], [shown.interval.low, shown.interval.high], color=color, linewidth=1)
        axes.plot(cost, shown.mean, "o", color=color)
        axes.annotate(
            literal(name),
            (cost, shown.mean),
            xytext=(6, 5 if above else -13),
            textcoords="offset points",
            size=10,
        )
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("Parameters")
    axes.set_ylabel(f"Test {metric_name(comparison.figure)}")
    return figure


def _rows(count: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.2, ROW * count + 1.1), layout="constrained")
    axes = figure.subplots()
    axes.set_ylim(count - 0.4, -0.6)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes
