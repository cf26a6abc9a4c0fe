"""What a leak is worth as one HTML page: numbers are there before, only words are added."""

from collections.abc import Mapping
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from s3f_pipeline.comparison.verdicts import FEW_GROUPS, FEWEST_GROUPS
from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.reporting.comparison_plots import rows_of
from s3f_pipeline.reporting.page import render_page
from s3f_pipeline.reporting.style import BLUE, GRID, GUIDE, STYLE, figure_to_png, literal
from s3f_pipeline.results.leakage_effect import LeakageEffect

SETS = {"overall": "all", "concerned": "concerned", "others": "the others"}
"""What pages call sets of test images."""


def render_leakage_effect(effect: LeakageEffect, cohort: Mapping[str, Any], created: str) -> str:
    """Render what a leak is worth as one HTML page without scripts and without external references.

    Args:
        effect: Content of ``leakage_effect.json``.
        cohort: ``name``, ``title``, ``subject``, ``class_titles``, ``licence`` and ``citation``.
        created: When, as it is shown.

    Returns:
        The HTML page.
    """
    return render_page(
        "leakage_effect.html",
        effect=effect,
        cohort=cohort,
        created=created,
        sets=SETS,
        shared="twin" if effect.leak == "twins" else cohort["subject"],
        totals={
            noun: sum(getattr(counted, noun) for counted in effect.injected.values())
            for noun in ("train", "leaked", "test", "concerned")
        },
        runs=[(side, run) for side in ("leak_free", "leaking") for run in getattr(effect, side).runs],
        figure=figure_to_png(plot_effects(effect)),
        few_groups=FEW_GROUPS,
        fewest_groups=FEWEST_GROUPS,
    )


@rc_context(STYLE)
def plot_effects(effect: LeakageEffect) -> Figure:
    """Effect on the deciding figure with its interval, by network and set of test images."""
    shown = [
        (f"{literal(name)}, {SETS[which]}", images.effects[effect.figure].difference)
        for name, network in effect.networks.items()
        for which, images in network.images.items()
        if effect.figure in images.effects
    ]
    figure, axes = rows_of(len(shown))
    axes.axvspan(-effect.margin, effect.margin, color=GRID, linewidth=0)
    axes.axvline(0, color=GUIDE, linewidth=1)
    for place, (_, difference) in enumerate(shown):
        if difference.interval:
            axes.plot([difference.interval.low, difference.interval.high], [place, place], color=BLUE)
        axes.plot(difference.value, place, "o", color=BLUE, markersize=6)
    axes.set_yticks(range(len(shown)), [title for title, _ in shown])
    axes.set_xlabel(
        f"Test {metric_name(effect.figure)}, with the leak less without (grey: within the margin)"
    )
    return figure
