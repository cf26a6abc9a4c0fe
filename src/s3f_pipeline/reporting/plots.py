"""Plots of one experiment, drawn without pyplot and hence without global state or a display."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from sklearn.metrics import roc_curve

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.metrics import one_vs_rest_auc
from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.evaluation.predictions import check_predictions, class_probabilities
from s3f_pipeline.reporting.formats import count, percent
from s3f_pipeline.reporting.style import BLACK, BLUE, GREEN, GRID, GUIDE, ORANGE, PALETTE, STYLE, literal


@rc_context(STYLE)
def plot_confusion_matrix(
    metrics: Mapping[str, Any], classes: Sequence[str], title: str = "Confusion matrix"
) -> Figure:
    """Counts and row percentages of true against predicted classes.

    Args:
        metrics: What ``compute_metrics`` returned.
        classes: What the plot calls the classes, in the order of ``metrics["confusion_matrix"]``.
        title: Title above the plot.

    Returns:
        A figure whose colours show the share of each true class.
    """
    counts = np.array(metrics["confusion_matrix"])
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    side = max(5.6, 0.85 * len(classes) + 1.8)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    places = range(len(classes))
    axes.pcolormesh(places, places, shares, cmap="Blues", vmin=0, vmax=1, edgecolors=GRID)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    for (row, column), share in np.ndenumerate(shares):
        percentage = percent(share) if totals[row, 0] else "no image"
        axes.text(
            column,
            row,
            f"{count(int(counts[row, column]))}\n{percentage}",
            ha="center",
            va="center",
            color="white" if share > 0.55 else "black",
        )
    names = [literal(name) for name in classes]
    axes.set_xticks(places, names, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, names)
    axes.tick_params(length=0)
    axes.set_xlabel("Predicted class")
    axes.set_ylabel("True class (each row adds up to 100 %)")
    axes.set_title(title)
    return figure


@rc_context(STYLE)
def plot_roc(
    predictions: pd.DataFrame,
    classes: Sequence[str],
    *,
    titles: Mapping[str, str] | None = None,
    positive_class: str | None = None,
) -> Figure:
    """One-vs-rest receiver operating characteristics with their areas.

    Args:
        predictions: The rows of one split, as ``check_predictions`` wants them.
        classes: Class names of the cohort.
        titles: Of classes that the plot calls by another name.
        positive_class: Draw the curve of this class alone, as is usual with two classes.

    Returns:
        A figure with one curve per class; the legend says of which class there can be none.

    Raises:
        EvaluationError: If the table fails ``check_predictions``.
    """
    check_predictions(predictions, classes)
    probabilities = class_probabilities(predictions, classes)
    figure = Figure(figsize=(5.6, 5.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=GUIDE, linestyle=":", label="guessing (AUC 0.500)")
    styles = zip(classes, cycle(PALETTE), cycle(("-", "--", "-.")), strict=False)
    for index, (name, color, linestyle) in enumerate(styles):
        if positive_class not in (None, name):
            continue
        title = literal((titles or {}).get(name, name))
        is_class = (predictions["label"] == name).to_numpy()
        auc = one_vs_rest_auc(is_class, probabilities[:, index])
        if auc is None:
            axes.plot([], [], color=color, linestyle=linestyle, label=f"{title} (no AUC)")
            continue
        false_positive_rate, sensitivity, _ = roc_curve(is_class, probabilities[:, index])
        axes.plot(
            false_positive_rate,
            sensitivity,
            color=color,
            linestyle=linestyle,
            label=f"{title} (AUC {auc:.3f})",
        )
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.set_xlabel("False positive rate (1 \N{MINUS SIGN} specificity)")
    axes.set_ylabel("Sensitivity")
    axes.set_title("ROC curve" if positive_class else "ROC curves, each class against the rest")
    axes.legend(loc="lower right")
    return figure


@rc_context(STYLE)
def plot_history(
    history: pd.DataFrame, selected_epoch: int, selection_metric: str, selection_split: str
) -> Figure:
    """Loss, scores and learning rate over the epochs, with the kept epoch marked.

    Args:
        history: One row per epoch: ``epoch`` (from 1), ``learning_rate``, ``loss``, ``accuracy``,
            ``selection_loss``, ``selection_accuracy`` and ``selection_<selection_metric>``.
        selected_epoch: The epoch whose weights were kept.
        selection_metric: The metric that chose it, for example ``weighted_f1``.
        selection_split: The split that chose it, ``validation`` or ``test``.

    Returns:
        A figure of three panels over one axis of epochs.

    Raises:
        EvaluationError: If ``selected_epoch`` is not in the history.
    """
    if selected_epoch not in history["epoch"].to_numpy():
        raise EvaluationError(
            f"The history has no epoch {selected_epoch}, which is said to be the selected one. "
            "Training and history do not belong together: train again."
        )
    figure = Figure(figsize=(5.6, 6.8), layout="constrained")
    losses, scores, rates = figure.subplots(3, sharex=True, height_ratios=(3, 3, 1))
    chosen_by = f"{selection_split} {metric_name(selection_metric)}"

    _plot_column(losses, history, "loss", "training", BLUE, "-")
    _plot_column(losses, history, "selection_loss", selection_split, ORANGE, "--")
    losses.axhline(0, linewidth=0)  # in the range, so that the margin above is a share of it
    losses.set_ylim(bottom=0)
    losses.set_ylabel("Loss (lower is better)")

    _plot_column(scores, history, "accuracy", "training accuracy", BLUE, "-")
    _plot_column(scores, history, "selection_accuracy", f"{selection_split} accuracy", ORANGE, "--")
    if selection_metric not in ("accuracy", "loss"):
        _plot_column(scores, history, f"selection_{selection_metric}", chosen_by, GREEN, "-.")
    scores.set_ylim(0, 1.02)
    scores.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol="\N{NO-BREAK SPACE}%"))
    scores.set_ylabel("Score (higher is better)")

    rates.step(history["epoch"], history["learning_rate"], where="mid", color=GUIDE)
    rates.set_yscale("log")
    rates.set_ylabel("Learning\nrate")
    rates.set_xlabel("Epoch")
    rates.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    rates.set_xlim(0.5, history["epoch"].max() + 0.5)

    for axes in (losses, scores, rates):
        axes.axvline(selected_epoch, color=BLACK, linewidth=1, linestyle=":", label="kept epoch")
        axes.grid(axis="y", color=GRID, linewidth=0.8)
    figure.suptitle(f"Epoch {selected_epoch} was kept: best {chosen_by}", size=12, weight="bold")
    for axes in (losses, scores):
        axes.legend(loc="best")
    return figure


def _plot_column(
    axes: Axes, history: pd.DataFrame, column: str, label: str, color: str, linestyle: str
) -> None:
    marker = "o" if len(history) <= 30 else ""
    axes.plot(
        history["epoch"],
        history[column],
        label=label,
        color=color,
        linestyle=linestyle,
        marker=marker,
        markersize=3.5,
    )
