"""Nodes of the reporting."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from s3f_pipeline.config.schema import CohortConfig, ExperimentConfig


def plot(
    experiment: dict[str, Any],
    predictions: pd.DataFrame,
    metrics: dict[str, Any],
    history: pd.DataFrame,
    training: dict[str, Any],
) -> tuple[bytes, bytes, bytes]:
    """Draw confusion matrix, ROC curves and training history as PNG."""
    from s3f_pipeline.reporting.plots import (
        figure_to_png,
        plot_confusion_matrix,
        plot_history,
        plot_roc,
    )

    config = ExperimentConfig.model_validate(experiment)
    title = f"{config.cohort} {config.variant}, test images"
    test = predictions[predictions["split"] == "test"]
    figures = (
        plot_confusion_matrix(metrics["test"], config.classes, title),
        plot_roc(test, config.classes, positive_class=config.positive_class),
        plot_history(
            history, training["selected_epoch"], training["selection_metric"], config.selection_split
        ),
    )
    confusion_matrix, roc, training_history = map(figure_to_png, figures)
    return confusion_matrix, roc, training_history


def write_report(
    experiment: dict[str, Any],
    labels: dict[str, str],
    cohort: dict[str, Any],
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
    from s3f_pipeline.reporting.report import ReportData, render_report
    from s3f_pipeline.splits.summary import split_summary

    config = ExperimentConfig.model_validate(experiment)
    name, block = CohortConfig.from_named(cohort)
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
                **block.model_dump(
                    mode="json",
                    include={"title", "subject", "classes", "positive_class", "licence", "citation"},
                ),
                "name": name,
                "published": [row.model_dump() for row in block.published_results],
            },
            experiment={
                **config.model_dump(
                    mode="json",
                    include={"cohort", "protocol", "variant", "seed", "fold", "selection_split"},
                ),
                **labels,
                "selected_on_test": config.selected_on_test,
                "synthetic": acquisition["provenance"]["synthetic"],
                "guarantee": metrics["guarantee"],
                "test_openings": metrics["test_openings"],
            },
            quality=quality,
            audit=audit,
            split_summary={
                "excluded": {"images": 0, "reasons": {}, "warning": None},
                **split_summary(index, splits),
            },
            training=training,
            history=history,
            metrics=metrics["test"],
            figures={
                "confusion_matrix": confusion_matrix,
                "roc": roc,
                "history": training_history,
            },
            provenance={
                **{key: training[key] for key in traced},
                "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            },
        )
    )
