"""The report of one experiment: a single HTML file that refers to nothing outside itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from s3f_pipeline.reporting import facts
from s3f_pipeline.reporting.page import render_page


@dataclass(frozen=True)
class ReportData:
    """All that a report shows.

    Attributes:
        cohort: ``name``, ``title``, ``classes``, ``class_titles`` (of those that pages call by another
            name than tables), ``positive_class`` (only read where ``metrics``
            has a ``positive`` block), ``licence``, ``citation``, ``published``: rows of ``model``,
            ``note`` (how the figures came about) and any of ``accuracy``, ``macro_f1``,
            ``weighted_f1``, ``kappa``, ``mcc``, ``auc_macro``, ``loss``.
        experiment: ``cohort``, ``protocol``, ``protocol_title``, ``variant``, ``network_title``,
            ``network_note`` (may be empty), ``seed``, ``guarantee`` (as ``guarantee_counts``
            returns it), ``test_openings`` (as ``record_opening`` returns them), ``selection_split``,
            ``selected_on_test``, ``synthetic``.
        quality: Content of ``quality.json``.
        audit: Content of ``leakage_audit.json``.
        split_summary: ``images``, ``groups`` and ``classes`` {class: images} of ``train``,
            ``test`` and, if there is one, ``validation``; ``images``, ``reasons``
            {reason: images} and ``warning`` (a sentence or ``None``) of ``excluded``.
        training: Content of ``training.json``.
        history: Content of ``history.csv``.
        metrics: What ``compute_metrics`` returned for the test images.
        figures: PNG files ``confusion_matrix``, ``roc`` and ``history``.
        provenance: ``git_commit``, ``git_dirty``, ``data_hash``, ``splits_hash``, ``seed``,
            ``mlflow_run_id`` (or None), ``created``, ``versions`` {package: version},
            ``backend``, ``device``, ``precision``, ``command``.
    """

    cohort: Mapping[str, Any]
    experiment: Mapping[str, Any]
    quality: Mapping[str, Any]
    audit: Mapping[str, Any]
    split_summary: Mapping[str, Any]
    training: Mapping[str, Any]
    history: pd.DataFrame
    metrics: Mapping[str, Any]
    figures: Mapping[str, bytes]
    provenance: Mapping[str, Any]


def render_report(report: ReportData) -> str:
    """Render the report as one HTML page without scripts and without external references.

    Args:
        report: Everything the report shows. Text is escaped, whoever wrote it.

    Returns:
        The HTML page.

    Raises:
        jinja2.UndefinedError: If something that the report must show is missing.
    """
    listed_groups, unlisted_groups = facts.leaking_groups(report.audit)
    return render_page(
        "report.html",
        **vars(report),
        accuracy=facts.accuracy_facts(report.metrics, report.cohort["classes"]),
        no_skill=facts.no_skill_scores(report.metrics),
        opened=facts.openings_text(report.experiment["test_openings"]),
        guarantee=facts.guarantee_text(
            report.experiment["guarantee"],
            report.quality["header_ids"],
            report.quality["incomparable_ids"],
        ),
        readings_text=facts.readings_text(report.audit),
        guarantee_table=facts.guarantee_table(report.experiment["guarantee"]),
        listed_groups=listed_groups,
        unlisted_groups=unlisted_groups,
        history_table=facts.history_table(report.history, report.experiment["selection_split"]),
    )
