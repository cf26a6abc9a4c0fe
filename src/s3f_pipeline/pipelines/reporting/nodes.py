"""Nodes of the reporting."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from s3f_pipeline.config.schema import CohortFacts, ExperimentConfig, ExperimentLabels


def plot(
    experiment: ExperimentConfig,
    labels: ExperimentLabels,
    predictions: pd.DataFrame,
    metrics: dict[str, Any],
    history: pd.DataFrame,
    training: dict[str, Any],
) -> tuple[bytes, bytes, bytes]:
    """Draw confusion matrix, ROC curves and training history as PNG."""
    from s3f_pipeline.reporting.plots import plot_confusion_matrix, plot_history, plot_roc
    from s3f_pipeline.reporting.style import figure_to_png

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
        plot_history(
            history, training["selected_epoch"], training["selection_metric"], experiment.selection_split
        ),
    )
    confusion_matrix, roc, training_history = map(figure_to_png, figures)
    return confusion_matrix, roc, training_history


def write_report(
    experiment: ExperimentConfig,
    labels: ExperimentLabels,
    cohort: CohortFacts,
    acquisition: dict[str, Any],
    index: pd.DataFrame,
    quality: dict[str, Any],
    audit: dict[str, Any],
    splits: pd.DataFrame,
    training: dict[str, Any],
    history: pd.DataFrame,
    metrics: dict[str, Any],
    confusion_matrix: bytes,
    roc: bytes,
    training_history: bytes,
) -> str:
    """Put everything that an experiment has written into one HTML file."""
    from s3f_pipeline.images.store import enlarged_warning
    from s3f_pipeline.reporting.report import ReportData, render_report
    from s3f_pipeline.results.audit import Audit
    from s3f_pipeline.results.metrics import Metrics
    from s3f_pipeline.results.splits import SplitSummary
    from s3f_pipeline.results.training import TrainingFacts
    from s3f_pipeline.splits.summary import split_summary

    measured = Metrics.of(metrics, "metrics.json")
    trained = TrainingFacts.of(training, "training.json")
    enlarged = enlarged_warning(index, experiment.image_size)
    traced = (
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
    return render_report(
        ReportData(
            cohort={
                **cohort.model_dump(
                    mode="json",
                    include={"name", "title", "subject", "classes", "positive_class", "licence", "citation"},
                ),
                "class_titles": labels.class_titles,
                "published": [row.model_dump() for row in cohort.published_results],
            },
            experiment={
                **experiment.model_dump(
                    mode="json",
                    include={"cohort", "protocol", "variant", "seed", "fold", "selection_split"},
                ),
                **labels.model_dump(exclude={"class_titles"}),
                "selected_on_test": experiment.selected_on_test,
                "synthetic": acquisition["provenance"]["synthetic"],
                "guarantee": measured.guarantee,
            },
            test_openings=measured.test_openings,
            quality={**quality, "warnings": [*quality["warnings"], *([enlarged] if enlarged else [])]},
            audit=Audit.of(audit, "leakage_audit.json"),
            split_summary=SplitSummary.of(split_summary(index, splits)),
            training=trained,
            history=history,
            metrics=measured.test,
            figures={
                "confusion_matrix": confusion_matrix,
                "roc": roc,
                "history": training_history,
            },
            provenance={
                **{key: getattr(trained, key) for key in traced},
                "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            },
        )
    )
