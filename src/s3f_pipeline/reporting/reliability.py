"""Plots of what probabilities are worth: reliability diagram and decision curve."""

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from s3f_pipeline.reporting.formats import score
from s3f_pipeline.reporting.style import BLUE, GRID, GUIDE, ORANGE, STYLE
from s3f_pipeline.results.uncertainty import Calibration, CalibrationFigures, DecisionCurve

_PERCENT = PercentFormatter(xmax=1, decimals=0, symbol="\N{NO-BREAK SPACE}%")


@rc_context(STYLE)
def plot_reliability(calibration: Calibration, *, is_binary: bool) -> Figure:
    """What the network says against what comes true, as predicted and calibrated on validation.

    Args:
        calibration: Of the test images.
        is_binary: Whether the points are about the positive class, not about the predicted one.

    Returns:
        A figure of one panel, or two where there are calibrated probabilities. A point is a bin, the larger
        the more images; a grey bar shows where it lies in 95 % of cases if the probabilities are true.
    """
    panels = {"As predicted": calibration.raw}
    if calibration.calibrated is not None:
        panels[f"Temperature {calibration.temperature:.2f}"] = calibration.calibrated
    figure = Figure(figsize=(5.2 * len(panels), 5.4), layout="constrained")
    for axes, (title, figures) in zip(np.ravel(figure.subplots(1, len(panels))), panels.items(), strict=True):
        _draw(axes, figures)
        axes.set_title(f"{title}: ECE {score(figures.ece)}")
        axes.set_xlabel(
            "Probability of the positive class" if is_binary else "Probability of the predicted class"
        )
    figure.axes[0].set_ylabel("Share of images of that class" if is_binary else "Share of right predictions")
    figure.axes[0].legend(loc="upper left")
    return figure


def _draw(axes: Axes, figures: CalibrationFigures) -> None:
    points = figures.reliability
    stated = [point.probability for point in points]
    images = np.array([point.images for point in points])
    axes.plot([0, 1], [0, 1], color=GUIDE, linestyle=":", label="what is said comes true")
    axes.vlines(
        stated,
        [point.low for point in points],
        [point.high for point in points],
        color=GRID,
        linewidth=6,
        label="95 % of cases if it does",
    )
    axes.plot(stated, [point.share for point in points], color=BLUE, linewidth=1, zorder=2)
    axes.scatter(
        stated,
        [point.share for point in points],
        s=20 + 400 * images / images.sum(),
        color=BLUE,
        zorder=3,
        label="found in this bin",
    )
    for set_limits, axis in ((axes.set_xlim, axes.xaxis), (axes.set_ylim, axes.yaxis)):
        set_limits(-0.03, 1.03)
        axis.set_major_formatter(_PERCENT)
    axes.set_aspect("equal")


@rc_context(STYLE)
def plot_decision_curve(curve: DecisionCurve) -> Figure:
    """Net benefit of the network, of acting on every image and on none, against the threshold."""
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.subplots()
    thresholds = [point.threshold for point in curve.points]
    axes.fill_between(
        thresholds,
        [point.low for point in curve.points],
        [point.high for point in curve.points],
        color=BLUE,
        alpha=0.2,
        linewidth=0,
    )
    axes.plot(
        thresholds, [point.network for point in curve.points], color=BLUE, label="the network, with its band"
    )
    axes.plot(
        thresholds, [point.all for point in curve.points], color=ORANGE, linestyle="--", label="every image"
    )
    axes.axhline(0, color=GUIDE, linestyle=":", label="no image")
    axes.set_ylim(-0.15 * curve.prevalence, 1.1 * curve.prevalence)
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.set_xlabel("Probability from which on one acts")
    axes.set_ylabel("Net benefit per patient")
    axes.set_title("Net benefit of acting on")
    axes.legend(loc="best")
    return figure
