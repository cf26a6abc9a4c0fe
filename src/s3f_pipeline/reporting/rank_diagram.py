"""The critical-difference diagram: networks on a line of mean ranks."""

from matplotlib import rc_context
from matplotlib.figure import Figure

from s3f_pipeline.reporting.style import GUIDE, STYLE
from s3f_pipeline.results.leaderboard import Ranks


@rc_context(STYLE)
def plot_ranks(ranks: Ranks) -> Figure:
    """Draw mean ranks, the best on the left, and bars over networks that are not shown to differ.

    Args:
        ranks: Of the networks of one protocol.
    """
    names, means = list(ranks.means), list(ranks.means.values())
    height = 1.4 + 0.28 * len(names) + 0.18 * len(ranks.joined)
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = figure.subplots()
    half = (len(names) + 1) // 2
    top = -0.4 - 0.22 * len(ranks.joined)
    for place, (name, mean) in enumerate(zip(names, means, strict=True)):
        is_left = place < half
        row = place + 1 if is_left else len(names) - place
        side = 1 - 0.02 * len(names) if is_left else len(names) + 0.02 * len(names)
        axes.plot([mean, mean, side], [top, row, row], color=GUIDE, linewidth=1)
        axes.text(side, row, f" {name} ({mean:.2f}) ", ha="right" if is_left else "left", va="center")
    for number, joined in enumerate(ranks.joined):
        ends = [ranks.means[joined[0]] - 0.03, ranks.means[joined[-1]] + 0.03]
        level = 0.25 - 0.22 * (number + 1)
        axes.plot(ends, [level, level], color="black", linewidth=4, solid_capstyle="butt")
    axes.set_xlim(1, len(names))
    axes.set_ylim(half + 0.6, top)
    axes.xaxis.set_ticks_position("top")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.spines["top"].set_visible(True)
    axes.set_yticks([])
    axes.set_xlabel("Mean rank, 1 is the best")
    axes.xaxis.set_label_position("top")
    return figure
