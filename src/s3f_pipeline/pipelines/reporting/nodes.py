"""Nodes of the reporting."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from s3f_pipeline.config.schema import CohortFacts, ExperimentConfig, ExperimentLabels


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
    from s3f_pipeline.reporting.report import ReportData, render_report
    from s3f_pipeline.splits.summary import split_summary

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
