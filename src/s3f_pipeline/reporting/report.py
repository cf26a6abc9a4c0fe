"""The report of one experiment: a single HTML file that refers to nothing outside itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from s3f_pipeline.evaluation.estimates import FLAG
from s3f_pipeline.reporting import explanation, facts
from s3f_pipeline.reporting.page import render_page
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.explanation import Explanation
from s3f_pipeline.results.metrics import Metrics, Openings, SplitMetrics
from s3f_pipeline.results.splits import SplitSummary
from s3f_pipeline.results.training import TrainingFacts


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
            returns it), ``selection_split``, ``selected_on_test``, ``synthetic``.
        test_openings: At which look at the test set the figures were got.
        quality: Content of ``quality.json``.
        audit: Of the cohort.
        split_summary: Of the split.
        training: How the network was trained.
        history: Content of ``history.csv``.
        metrics: Of the test images.
        measured: All of the metrics, of which the blocks beside those of a split are shown.
        figures: PNG files ``confusion_matrix``, ``roc``, ``reliability``, ``history``, and ``decision_curve``
            where there is one.
        explanation: Why the network said so.
        pictures: PNG files of the explanation, by name.
        provenance: ``git_commit``, ``git_dirty``, ``data_hash``, ``splits_hash``, ``seed``,
            ``mlflow_run_id`` (or None), ``created``, ``versions`` {package: version},
            ``backend``, ``device``, ``precision``, ``command``.
    """

    cohort: Mapping[str, Any]
    experiment: Mapping[str, Any]
    test_openings: Openings
    quality: Mapping[str, Any]
    audit: Audit
    split_summary: SplitSummary
    training: TrainingFacts
    history: pd.DataFrame
    metrics: SplitMetrics
    measured: Metrics
    figures: Mapping[str, bytes]
    explanation: Explanation
    pictures: Mapping[str, bytes]
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
        **vars(report) | {"pictures": explanation.fit_to_page(report.pictures)},
        words=explanation.words(report.explanation),
        accuracy=facts.accuracy_facts(report.metrics, report.cohort["classes"]),
        flag=FLAG,
        no_skill=facts.no_skill_scores(report.metrics),
        opened=facts.openings_text(report.test_openings),
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
