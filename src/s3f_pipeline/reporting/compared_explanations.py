"""What networks can do without, on the same axes, and what the seeds of one network agree on."""

from collections.abc import Mapping, Sequence
from itertools import cycle

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from s3f_pipeline.reporting.explanation_plots import CYCLES, DASHES, PANELS, PERCENT, PLAIN, place_of
from s3f_pipeline.reporting.style import GRID, PALETTE, STYLE, literal
from s3f_pipeline.results.compared_explanations import ComparedExplanations, Curves, LeftOutRun

FIGURES = {"accuracy": "Accuracy", "macro_f1": "Macro F1"}
LEGEND_COLUMNS = 4


@rc_context(STYLE)
def plot_curves(compared: ComparedExplanations) -> Figure:
    """Accuracy and macro F1 without a band, one curve per network: mean, and lowest to highest seed."""
    rows = -(-len(compared.networks) // LEGEND_COLUMNS)
    figure = Figure(figsize=(10, 6.6 + 0.3 * rows), layout="constrained")
    panels = figure.subplots(len(FIGURES), len(PANELS), sharex="col", sharey=True)
    looks = zip(compared.networks.items(), cycle(PALETTE), cycle(DASHES), strict=False)
    for (name, network), color, style in looks:
        for row, figure_name in zip(panels, FIGURES, strict=True):
            for axes, kind in zip(row, PANELS, strict=True):
                _draw(axes, network.curves, kind, figure_name, color, style, literal(name))
    for row, label in zip(panels, FIGURES.values(), strict=True):
        row[0].set_ylabel(label)
        for axes in row:
            axes.grid(color=GRID, linewidth=0.8)
    for axes, title in zip(panels[0], PANELS.values(), strict=True):
        axes.set_title(title)
        axes.set_xscale("log", base=2)
    for axes in panels[-1]:
        axes.xaxis.set_major_formatter(PLAIN)
        axes.set_xlabel(CYCLES)
    panels[0][0].set_ylim(-0.02, 1.02)
    panels[0][0].yaxis.set_major_formatter(PERCENT)
    lines, names = panels[0][0].get_legend_handles_labels()
    figure.legend(lines, names, ncols=LEGEND_COLUMNS, loc="outside lower center")
    return figure


def left_out_text(left_out: Sequence[LeftOutRun]) -> dict[str, str]:
    """Name the runs that are not on the axes, by why they are not."""
    runs: dict[str, dict[str, list[str]]] = {}
    for run in left_out:
        title = f"seed {run.seed}" + ("" if run.fold is None else f" fold {run.fold}")
        runs.setdefault(run.why, {}).setdefault(run.variant, []).append(title)
    return {
        why: "; ".join(f"{name} ({', '.join(of)})" for name, of in named.items())
        for why, named in runs.items()
    }


def band_titles(curves: Curves, kind: str) -> list[str]:
    """What tables call each band of a curve, in cycles per image."""
    titles = []
    for each in getattr(curves, kind):
        if kind == "low_pass":
            titles.append(f"up to {each.low:g}")
        elif kind == "high_pass":
            titles.append(f"above {each.high:g}")
        else:
            titles.append(f"not {each.low:g} to {each.high:g}" if each.high else f"not above {each.low:g}")
    return titles


def tables(compared: ComparedExplanations) -> Mapping[str, Mapping[str, list[str]]]:
    """By what is drawn and kind of curve the titles of the columns; the same for all networks."""
    curves = next((network.curves for network in compared.networks.values()), None)
    if curves is None:
        return {}
    return {figure: {kind: band_titles(curves, kind) for kind in PANELS} for figure in FIGURES}


def _draw(
    axes: Axes, curves: Curves, kind: str, figure_name: str, color: str, style: str, label: str
) -> None:
    bands = getattr(curves, kind)
    places = [place_of(kind, each.low, each.high) for each in bands]
    values = [getattr(each, figure_name) for each in bands]
    axes.plot(
        places, [each.mean for each in values], style, color=color, marker="o", markersize=3.5, label=label
    )
    lowest, highest = [each.lowest for each in values], [each.highest for each in values]
    if lowest != highest:
        axes.fill_between(places, lowest, highest, color=color, alpha=0.13, linewidth=0)
