"""All that the report of one experiment is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from s3f_pipeline.reporting.gallery import Gallery
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
            has a ``positive`` block), ``licence``, ``citation``, ``source``, ``card``: each fact of
            ``CohortCard`` or ``None`` (of phantoms all are), ``published``: rows of ``model``,
            ``note`` (how the figures came about) and any of ``accuracy``, ``macro_f1``,
            ``weighted_f1``, ``kappa``, ``mcc``, ``auc_macro``, ``loss``.
        experiment: ``cohort``, ``protocol``, ``protocol_title``, ``variant``, ``network_title``,
            ``network_note`` (may be empty), ``seed``, ``guarantee`` (as ``guarantee_counts``
            returns it), ``selection_split``, ``selected_on_test``, ``synthetic``.
        test_openings: At which look at the test set the figures were got.
        quality: Content of ``quality.json``.
        audit: Of the cohort.
        split_summary: Of the split.
        demographics: Who is on which side, as ``splits.demographics`` makes it.
        training: How the network was trained.
        history: Content of ``history.csv``.
        metrics: Of the test images.
        measured: All of the metrics, of which the blocks beside those of a split are shown.
        gallery: Images of the cohort.
        figures: SVG files ``confusion_matrix``, ``roc``, ``reliability``, ``history``, and ``decision_curve``
            where there is one.
        explanation: Why the network said so.
        pictures: SVG and PNG files of the explanation, by name.
        has_comparison: Whether there is a page that compares networks of this cohort and protocol.
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
    demographics: Mapping[str, Any]
    training: TrainingFacts
    history: pd.DataFrame
    metrics: SplitMetrics
    measured: Metrics
    gallery: Gallery
    figures: Mapping[str, bytes]
    explanation: Explanation
    pictures: Mapping[str, bytes]
    has_comparison: bool
    provenance: Mapping[str, Any]

    def title(self, name: str) -> str:
        """What the page calls a class."""
        title: str = self.cohort["class_titles"].get(name, name)
        return title
