"""The comparison of networks as one HTML page: numbers are there before, only words are added."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from scipy.stats import t

from s3f_pipeline.comparison.verdicts import FEW_GROUPS, FEWEST_GROUPS, NOT_SHOWN, opposite
from s3f_pipeline.reporting.compared_explanations import left_out_text, plot_curves, tables
from s3f_pipeline.reporting.comparison_plots import plot_differences, plot_networks, plot_pareto
from s3f_pipeline.reporting.explanation_plots import METHOD_NAMES, PANELS
from s3f_pipeline.reporting.facts import kept_apart_text
from s3f_pipeline.reporting.page import render_page
from s3f_pipeline.reporting.style import figure_to_png, figure_to_svg
from s3f_pipeline.results.compared_explanations import ComparedExplanations
from s3f_pipeline.results.comparison import ComparedPair, Comparison
from s3f_pipeline.splits.guarantee import guarantee_total

MOST_PLOTTED = 15
"""Pairs; of more, only those with the advised network are plotted."""


def render_comparison(
    comparison: Comparison, explanations: ComparedExplanations, cohort: Mapping[str, Any], created: str
) -> str:
    """Render a comparison as one HTML page without scripts and without external references.

    Args:
        comparison: Content of ``comparison.json``.
        explanations: Content of ``compared_explanations.json``.
        cohort: ``name``, ``title``, ``class_titles``, ``licence`` and ``citation``.
        created: When, as it is shown.

    Returns:
        The HTML page.
    """
    plotted = plotted_pairs(comparison)
    figures = {
        "networks": figure_to_png(plot_networks(comparison)),
        "differences": figure_to_png(plot_differences(comparison, plotted)),
        "pareto": figure_to_png(plot_pareto(comparison)),
    }
    if explanations.networks:
        figures["curves"] = figure_to_svg(plot_curves(explanations))
    return render_page(
        "comparison.html",
        comparison=comparison,
        cohort=cohort,
        created=created,
        explanations=explanations,
        figures=figures,
        band_tables=tables(explanations),
        curve_titles=PANELS,
        method_names=METHOD_NAMES,
        left_out=left_out_text(explanations.left_out),
        verdicts=Counter(pair.verdict for pair in comparison.pairs),
        shown=[pair for pair in comparison.pairs if pair.verdict != NOT_SHOWN],
        matrix=verdict_matrix(comparison),
        all_plotted=len(plotted) == len(comparison.pairs),
        reference=reference(comparison),
        least_reach=least_reach(comparison),
        kept_apart=kept_apart_text(comparison.guarantee) if has_one_split(comparison) else "",
        validation_images=_validation_images(comparison),
        few_groups=FEW_GROUPS,
        fewest_groups=FEWEST_GROUPS,
    )


def reference(comparison: Comparison) -> str:
    """The network that others are plotted against: the advised one, which no test figure has chosen."""
    return comparison.advice.network or next(iter(comparison.networks))


def least_reach(comparison: Comparison) -> float | None:
    """How near to each other the two surest networks could be shown to be, if they did not differ at all.

    Half the interval of two one-sided tests, before correction; ``None`` where no pair has an interval.
    """
    return min(
        (
            pair.standard_error * float(t.ppf(comparison.confidence, pair.df))
            for pair in comparison.pairs
            if pair.interval
        ),
        default=None,
    )


def has_one_split(comparison: Comparison) -> bool:
    """Whether all runs have the same test images, so that counts of one run are those of all."""
    return all(run.fold is None for run in comparison.runs)


def _validation_images(comparison: Comparison) -> int | None:
    validation = comparison.guarantee.get("validation", {})
    if not has_one_split(comparison) or not validation:
        return None
    return sum(guarantee_total({"validation": validation}).values())


def plotted_pairs(comparison: Comparison) -> list[ComparedPair]:
    """All pairs, or of many those with the network of ``reference``."""
    if len(comparison.pairs) <= MOST_PLOTTED:
        return list(comparison.pairs)
    name = reference(comparison)
    return [pair for pair in comparison.pairs if name in (pair.first, pair.second)]


def verdict_matrix(comparison: Comparison) -> dict[str, dict[str, str]]:
    """The verdict of each network (row) against each other one (column)."""
    words: dict[str, dict[str, str]] = {name: {} for name in comparison.networks}
    for pair in comparison.pairs:
        word: Any = pair.verdict
        words[pair.first][pair.second] = word
        words[pair.second][pair.first] = opposite(word)
    return words
