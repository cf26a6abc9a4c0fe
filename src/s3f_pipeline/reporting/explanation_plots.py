"""Plots of an explanation: branches, frequencies, and what maps are worth."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from s3f_pipeline.reporting.comparison_plots import rows_of
from s3f_pipeline.reporting.style import BLUE, GRID, GUIDE, ORANGE, PALETTE, STYLE, literal
from s3f_pipeline.results.explanation import Branches, FilterProfile, MapMethod, Removal, Saliency

COLORS = (BLUE, ORANGE)
STYLES = ("-", "--")
DASHES = ("-", "--", "-.", ":")
METHOD_NAMES = {"grad_cam": "Grad-CAM", "grad_cam_plus_plus": "Grad-CAM++"}
CYCLES = "Cycles per image"
LARGEST_KERNEL = 96
"""Pixels of a side of a drawn filter."""
PANELS = {
    "low_pass": "Only frequencies up to …",
    "high_pass": "Only frequencies above …",
    "band_stop": "All but the octave up to …",
}
"""Titles by kind of curve."""
PERCENT = PercentFormatter(xmax=1, decimals=0, symbol="\N{NO-BREAK SPACE}%")
PLAIN = FuncFormatter(lambda value, _: f"{value:g}")


def place_of(kind: str, low: float, high: float | None) -> float:
    """Where a point stands: at the border, or the end of an octave; the last one ends at twice its start."""
    if kind == "low_pass":
        return low
    return 2 * low if high is None else high


@rc_context(STYLE)
def plot_shares(
    shares: NDArray[np.float64], labels: NDArray[np.int64], titles: Sequence[str], names: Sequence[str]
) -> Figure:
    """Densities of the balanced share of each branch over the images of each class, as published.

    Args:
        shares: In percent, shape (n, branches).
        labels: Class number of each image, shape (n,).
        titles: What the plot calls the classes.
        names: Of the branches.
    """
    present = [number for number in range(len(titles)) if (labels == number).any()]
    figure = Figure(figsize=(6.4, 1.3 * len(present) + 1.2), layout="constrained")
    panels = np.ravel(figure.subplots(len(present), sharex=True, squeeze=False))
    for axes, number in zip(panels, present, strict=True):
        for name, color, style, values in zip(names, COLORS, STYLES, shares[labels == number].T, strict=True):
            _density(axes, values, color, style, name)
        axes.set_yticks([])
        axes.set_ylim(bottom=0)
        axes.set_ylabel(literal(titles[number]), rotation=0, ha="right", va="center")
    panels[0].legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    panels[-1].set_xlim(0, 100)
    panels[-1].set_xlabel("Balanced Contribution Score, share in % (densities over test images)")
    return figure


@rc_context(STYLE)
def plot_influence(branches: Branches, titles: Mapping[str, str]) -> Figure:
    """Drop of the accuracy when a branch sees other images, over all images and by class.

    Args:
        branches: With the method ``permuted``.
        titles: What the plot calls classes, of those that it calls by another name.
    """
    permuted = branches.influence.methods["permuted"]
    first = permuted[branches.names[0]]
    rows = ["all images", *(literal(titles.get(name, name)) for name in first.per_class)]
    figure, axes = rows_of(len(rows))
    for number, (name, color) in enumerate(zip(branches.names, COLORS, strict=True)):
        found = [permuted[name].overall, *permuted[name].per_class.values()]
        for place, figures in enumerate(found):
            value, ends = figures.values["accuracy_drop"], figures.intervals["accuracy_drop"]
            at, marker, label = place + 0.24 * number - 0.12, "os"[number], name if place == 0 else None
            axes.plot([ends.low, ends.high], [at, at], color=color, linewidth=1.2)
            axes.scatter([value or 0], [at], marker=marker, color=color, label=label)
    axes.axvline(0, color=GUIDE, linewidth=1)
    axes.set_yticks(range(len(rows)), rows)
    axes.xaxis.set_major_formatter(PERCENT)
    axes.set_xlabel("Drop of accuracy when the branch sees an image of another group")
    axes.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 1))
    return figure


@rc_context(STYLE)
def plot_removal(removal: Removal) -> Figure:
    """Accuracy and macro F1 on images without a band of frequencies."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes_of = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (kind, title) in zip(axes_of, PANELS.items(), strict=True):
        bands = getattr(removal, kind)
        places = [place_of(kind, each.low, each.high) for each in bands]
        for figure_name, label, color, style in (
            ("accuracy", "accuracy", BLUE, "-"),
            ("macro_f1", "macro F1", ORANGE, "--"),
        ):
            values = [getattr(each, figure_name) for each in bands]
            axes.plot(places, values, style, color=color, marker="o", markersize=4, label=label)
            if figure_name == "accuracy":
                ends = [each.intervals[figure_name] for each in bands]
                axes.fill_between(
                    places, [e.low for e in ends], [e.high for e in ends], color=color, alpha=0.15
                )
        axes.axhline(removal.unchanged.accuracy, color=GUIDE, linestyle=":", label="accuracy, whole images")
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(PLAIN)
        axes.set_title(title)
        axes.set_xlabel(CYCLES)
        axes.grid(color=GRID, linewidth=0.8)
    axes_of[0].set_ylim(-0.02, 1.02)
    axes_of[0].yaxis.set_major_formatter(PERCENT)
    axes_of[0].legend(loc="best")
    return figure


@rc_context(STYLE)
def plot_filters(profiles: Mapping[str, FilterProfile]) -> Figure:
    """Mean magnitude of the spectral filters at each frequency, before and after training."""
    figure = Figure(figsize=(5.6 * len(profiles), 4), layout="constrained")
    for axes, (name, profile) in zip(
        np.ravel(figure.subplots(1, len(profiles))), profiles.items(), strict=True
    ):
        if profile.initial is not None:
            axes.plot(profile.frequencies, profile.initial, "--", color=GUIDE, label="before training")
        axes.plot(profile.frequencies, profile.learned, color=BLUE, label="learned")
        axes.set_ylim(bottom=0)
        axes.set_title(literal(name))
        axes.set_xlabel(CYCLES)
        axes.set_ylabel("Mean magnitude")
        axes.grid(color=GRID, linewidth=0.8)
        axes.legend(loc="best")
    return figure


@rc_context(STYLE)
def plot_kernels(initial: NDArray[np.float32] | None, learned: NDArray[np.float32]) -> Figure:
    """Magnitudes of some spectral filters as pictures, frequency 0 in the middle, on one scale.

    Args:
        initial: As they were drawn, (filters, H, W), or ``None``.
        learned: The same filters after training.
    """
    rows = {"before training": initial, "learned": learned}
    shown = {title: [*map(_small, kernels)] for title, kernels in rows.items() if kernels is not None}
    highest = max(float(each.max()) for pictures in shown.values() for each in pictures)
    figure = Figure(figsize=(7.2, 1.35 * len(shown)), layout="constrained")
    panels = figure.subplots(len(shown), len(learned), squeeze=False)
    for row, (title, pictures) in zip(panels, shown.items(), strict=True):
        for axes, picture in zip(row, pictures, strict=True):
            axes.imshow(picture, cmap="viridis", vmin=0, vmax=highest, interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
        row[0].set_ylabel(title)
    return figure


@rc_context(STYLE)
def plot_saliency(saliency: Saliency, titles: Mapping[str, str]) -> Figure:
    """How strongly the logit of the true class moves with each frequency, one curve per class."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    looks = zip(saliency.per_class.items(), cycle(PALETTE), cycle(DASHES), strict=False)
    for (name, values), color, style in looks:
        axes.plot(
            saliency.frequencies[1:], values[1:], style, color=color, label=literal(titles.get(name, name))
        )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(PLAIN)
    axes.set_yscale("log")
    axes.set_xlabel(CYCLES)
    axes.set_ylabel("|∂ logit / ∂ spectrum|")
    axes.grid(color=GRID, linewidth=0.8)
    axes.legend(loc="best")
    return figure


@rc_context(STYLE)
def plot_checks(methods: Mapping[str, MapMethod]) -> Figure:
    """What maps are worth: likeness after randomisation, deletion and insertion."""
    figure = Figure(figsize=(10, 3.9), layout="constrained")
    random, deletion, insertion = figure.subplots(1, 3)
    for (name, found), color, style in zip(methods.items(), COLORS, STYLES, strict=True):
        title = METHOD_NAMES[name]
        depths = [each for each in found.randomisation.depths if each.ssim is not None]
        random.plot(
            [each.layers for each in depths], [each.ssim for each in depths], style, color=color,
            marker="o", markersize=4, label=title,
        )  # fmt: skip
        if found.randomisation.baseline_ssim is not None:
            random.axhline(found.randomisation.baseline_ssim, color=color, linestyle=":", linewidth=1)
        if found.erasing is None:
            continue
        for axes, curves in ((deletion, found.erasing.deletion), (insertion, found.erasing.insertion)):
            axes.plot(found.erasing.fractions, curves.map, style, color=color, label=title)
            if color == COLORS[0]:
                axes.plot(found.erasing.fractions, curves.random, ":", color=GUIDE, label="random order")
    random.set_ylim(-0.1, 1.02)
    random.set_xlabel("Layers that are random, from the last one")
    random.set_ylabel("Likeness to the map (SSIM)")
    random.set_title("Randomised weights")
    random.legend(loc="best")
    for axes, title, what in ((deletion, "Deletion", "taken out"), (insertion, "Insertion", "put in")):
        axes.set_ylim(0, 1.02)
        axes.xaxis.set_major_formatter(PERCENT)
        axes.set_xlabel(f"Share of the image that is {what}")
        axes.set_title(title)
        axes.legend(loc="best")
    deletion.set_ylabel("Probability of the class")
    for axes in (random, deletion, insertion):
        axes.grid(color=GRID, linewidth=0.8)
    return figure


def _density(axes: Axes, values: NDArray[np.float64], color: str, style: str, name: str) -> None:
    """A curve, or a line where all values are one."""
    if len(values) < 3 or np.ptp(values) < 1e-6:
        axes.axvline(float(values.mean()), color=color, linestyle=style, label=name)
        return
    places = np.linspace(0, 100, 401)
    density = gaussian_kde(values)(places)
    axes.plot(places, density, color=color, linestyle=style, label=name)
    axes.fill_between(places, density, color=color, alpha=0.12)


def _small(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of squares of pixels, so that no side has more than 96."""
    step = -(-max(picture.shape) // LARGEST_KERNEL)
    rows, columns = (side // step * step for side in picture.shape)
    blocks = picture[:rows, :columns].reshape(rows // step, step, columns // step, step)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)
