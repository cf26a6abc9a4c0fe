"""Nodes of the reporting."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.schema import CohortCard, CohortFacts, ExperimentLabels
from s3f_pipeline.recipe import ExperimentConfig

if TYPE_CHECKING:
    from s3f_pipeline.reporting.report_data import ReportData
    from s3f_pipeline.results.metrics import Metrics

TRACED = (
    "git_commit",
    "git_dirty",
    "data_hash",
    "splits_hash",
    "seed",
    "mlflow_run_id",
    "backend",
    "device",
    "precision",
    "command",
    "versions",
)
"""What the report says of how the training came about."""
FIGURES = ("confusion_matrix", "roc", "reliability", "history")
"""What the report calls the plots; of a training that was elsewhere there is no history."""


def plot(
    experiment: ExperimentConfig,
    labels: ExperimentLabels,
    predictions: pd.DataFrame,
    metrics: dict[str, Any],
) -> tuple[bytes, bytes, bytes]:
    """Draw confusion matrix, ROC curves and reliability diagram as SVG."""
    from s3f_pipeline.reporting.plots import plot_confusion_matrix, plot_roc
    from s3f_pipeline.reporting.reliability import plot_reliability
    from s3f_pipeline.reporting.style import figure_to_svg
    from s3f_pipeline.results.metrics import Metrics

    title = f"{experiment.cohort} {experiment.variant}, test images"
    classes = [labels.class_titles.get(name, name) for name in experiment.classes]
    test = predictions[predictions["split"] == "test"]
    figures = (
        plot_confusion_matrix(metrics["test"], classes, title),
        plot_roc(
            test,
            experiment.classes,
            titles=labels.class_titles,
            positive_class=experiment.positive_class,
        ),
        plot_reliability(
            Metrics.of(metrics, "metrics.json").calibration, is_binary=experiment.positive_class is not None
        ),
    )
    confusion_matrix, roc, reliability = map(figure_to_svg, figures)
    return confusion_matrix, roc, reliability


def plot_training(experiment: ExperimentConfig, history: pd.DataFrame, training: dict[str, Any]) -> bytes:
    """Draw the training history as SVG."""
    from s3f_pipeline.reporting.plots import plot_history
    from s3f_pipeline.reporting.style import figure_to_svg

    return figure_to_svg(
        plot_history(
            history, training["selected_epoch"], training["selection_metric"], experiment.selection_split
        )
    )


def draw_pictures(
    experiment: ExperimentConfig,
    labels: ExperimentLabels,
    explanation: dict[str, Any],
    arrays: dict[str, np.ndarray],
) -> dict[str, bytes]:
    """Draw the explanation, as SVG and PNG files by name."""
    from s3f_pipeline.reporting.explanation_pictures import draw_explanation
    from s3f_pipeline.results.explanation import Explanation

    titles = {name: labels.class_titles.get(name, name) for name in experiment.classes}
    return draw_explanation(Explanation.of(explanation, "explanation.json"), arrays, titles)


def write_report(
    experiment: ExperimentConfig,
    labels: ExperimentLabels,
    cohort: CohortFacts,
    index: pd.DataFrame,
    images: np.memmap,
    quality: dict[str, Any],
    audit: dict[str, Any],
    splits: pd.DataFrame,
    training: dict[str, Any],
    history: pd.DataFrame,
    predictions: pd.DataFrame,
    metrics: dict[str, Any],
    explanation: dict[str, Any],
    pictures: dict[str, bytes],
    comparisons: Path,
    *plots: bytes,
) -> tuple[str, str, str]:
    """Write the report as HTML, its summary and its checklists as Markdown; ``FIGURES`` names the plots."""
    from s3f_pipeline.reporting.gallery import choose_gallery
    from s3f_pipeline.reporting.report_data import ReportData
    from s3f_pipeline.results.audit import Audit
    from s3f_pipeline.results.explanation import Explanation
    from s3f_pipeline.results.metrics import Metrics
    from s3f_pipeline.results.splits import SplitSummary
    from s3f_pipeline.results.training import TrainingFacts
    from s3f_pipeline.splits.demographics import demographics
    from s3f_pipeline.splits.summary import split_summary

    measured = Metrics.of(metrics, "metrics.json")
    trained = TrainingFacts.of(training, "training.json")
    test = predictions[predictions["split"] == "test"]
    compared = comparisons / experiment.cohort / experiment.protocol / "comparison.html"
    report = ReportData(
        cohort=_describe_cohort(cohort, labels, synthetic=measured.synthetic),
        experiment={
            **_describe_experiment(experiment, labels),
            "synthetic": measured.synthetic,
            "guarantee": measured.guarantee,
        },
        test_openings=measured.test_openings,
        quality=_with_warning_of_size(quality, index, experiment),
        audit=Audit.of(audit, "leakage_audit.json"),
        split_summary=SplitSummary.of(split_summary(index, splits)),
        demographics=demographics(index, splits),
        training=trained,
        history=history,
        metrics=measured.test,
        measured=measured,
        gallery=choose_gallery(index, images, splits, test, experiment.classes),
        figures=dict(zip(FIGURES[: len(plots)], plots, strict=True)) | _decision_curve(measured),
        explanation=Explanation.of(explanation, "explanation.json"),
        pictures=pictures,
        has_comparison=compared.is_file(),
        provenance={
            **{key: getattr(trained, key) for key in TRACED},
            "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        },
    )
    return _pages(report, f"{cohort.title}: {labels.network_title}")


def _decision_curve(measured: "Metrics") -> dict[str, bytes]:
    """The plot, where the cohort's block says how the network would be used."""
    from s3f_pipeline.reporting.reliability import plot_decision_curve
    from s3f_pipeline.reporting.style import figure_to_svg

    curve = measured.decision_curve
    return {"decision_curve": figure_to_svg(plot_decision_curve(curve))} if curve else {}


def _pages(report: "ReportData", title: str) -> tuple[str, str, str]:
    from s3f_pipeline.reporting.checklists import checklists_markdown, fill_checklists
    from s3f_pipeline.reporting.report import render_report
    from s3f_pipeline.reporting.summary import summarise

    return (
        render_report(report),
        summarise(report).markdown(title),
        checklists_markdown(fill_checklists(report), title, synthetic=report.experiment["synthetic"]),
    )


def _describe_cohort(cohort: CohortFacts, labels: ExperimentLabels, *, synthetic: bool) -> dict[str, Any]:
    shown = {"name", "title", "subject", "classes", "positive_class", "licence", "citation", "source"}
    card = CohortCard() if synthetic else cohort.card  # what is known of patients is not true of phantoms
    return {
        **cohort.model_dump(mode="json", include=shown),
        "card": card.model_dump(),
        "class_titles": labels.class_titles,
        "published": [row.model_dump() for row in cohort.published_results],
    }


def _describe_experiment(experiment: ExperimentConfig, labels: ExperimentLabels) -> dict[str, Any]:
    return {
        **experiment.as_json("cohort", "protocol", "variant", "seed", "fold", "selection_split"),
        **labels.model_dump(exclude={"class_titles"}),
        "selected_on_test": experiment.selected_on_test,
    }


def _with_warning_of_size(
    quality: dict[str, Any], index: pd.DataFrame, experiment: ExperimentConfig
) -> dict[str, Any]:
    """Add to the warnings of the cohort the one of this experiment's image size, if there is one."""
    from s3f_pipeline.images.store import enlarged_warning

    enlarged = enlarged_warning(index, experiment.image_size)
    return {**quality, "warnings": [*quality["warnings"], *([enlarged] if enlarged else [])]}
