"""Nodes of the auditing."""

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from s3f_pipeline.cohorts.listing import ORDER_COLUMN
from s3f_pipeline.config.schema import CohortData, CohortFacts, CohortUse, SplittingOfRun
from s3f_pipeline.identity import HOLDING

if TYPE_CHECKING:
    from s3f_pipeline.results import FinishedRun

logger = logging.getLogger(__name__)


def check_order(
    index: pd.DataFrame, thumbnails: np.memmap, twins: pd.DataFrame, splits: pd.DataFrame
) -> dict[str, Any]:
    """Look for patients who are hidden in the order of files, and at other readings of the ids.

    What subjects and twins tell is known; what runs of files hold together is what is looked at here.
    """
    from s3f_pipeline.splits.groups import make_groups
    from s3f_pipeline.splits.likeness import likeness_features
    from s3f_pipeline.splits.readings import reading_evidence
    from s3f_pipeline.splits.straddle import NOT_TESTABLE, ORDER, straddle_check

    column = ORDER_COLUMN if ORDER_COLUMN in index else None
    features = likeness_features(thumbnails)
    found = straddle_check(index, features, make_groups(index, twins), splits, column=column)
    order = found["order"]
    told = logging.WARNING if found["verdict"] == ORDER else logging.INFO
    logger.log(told, "Order of files: %s", found["verdict"])
    if found["verdict"] != NOT_TESTABLE:
        logger.info(
            "Consecutive files correlate by %.3f, random ones by %.3f (p = %.3f)",
            order["consecutive"], order["random"], order["p"],
        )  # fmt: skip
    if part := found["part"]:
        logger.warning(
            "Files that share a part of their names ('%s' in '%s') are more alike than others (p = %.3f): it "
            "may be the patient. The audit says how to take it for that.",
            part["text"], part["name"], part["p"],
        )  # fmt: skip
    coarser = [str(name) for name in index if str(name).startswith("subject_by_") and name not in HOLDING]
    found["readings"] = [
        {"reading": name, **reading_evidence(features, index["subject"], index[name])}
        for name in coarser
        if index[name].groupby(index["subject"]).nunique().max() == 1
    ]
    return found


def look_for_shortcuts(
    cohort: CohortData, use: CohortUse, index: pd.DataFrame, thumbnails: np.memmap, splits: pd.DataFrame
) -> dict[str, Any]:
    """Try to tell the class without the picture."""
    from s3f_pipeline.splits.shortcuts import shortcut_audit

    fields = [name for name in use.subgroups if name in index]
    found = shortcut_audit(index, thumbnails, splits, cohort.classes, fields=fields)
    for shortcut in found:
        if shortcut["predicts"]:
            logger.warning(
                "The class can be told without the picture, by the %s alone: AUC %.3f (95 %% interval "
                "%.3f to %.3f). A network may be right for this reason.",
                shortcut["name"], shortcut["auc"], shortcut["low"], shortcut["high"],
            )  # fmt: skip
    return {"shortcuts": found}


def doubt_labels(cohort: CohortData, index: pd.DataFrame, runs: list["FinishedRun"]) -> dict[str, Any]:
    """List the labels that the networks that are trained by now contradict, of images that they held out.

    Runs on other files or labels than those of now have no say.
    """
    from s3f_pipeline.explanation.doubts import doubted_labels
    from s3f_pipeline.origins import table_hash

    now = table_hash(index, ["image_id", "sha256", "label"])
    asked = [run for run in runs if run.training.data_hash == now]
    predictions = [(run.id.variant, run.predictions()) for run in asked]
    return {**doubted_labels(predictions, cohort.classes), "older_runs": len(runs) - len(asked)}


def write_audit(
    cohort: CohortFacts,
    splitting: SplittingOfRun,
    acquisition: dict[str, Any],
    quality: dict[str, Any],
    index: pd.DataFrame,
    thumbnails: np.memmap,
    twins: pd.DataFrame,
    audit: dict[str, Any],
    straddle: dict[str, Any],
    shortcuts: dict[str, Any],
    suspicious_labels: dict[str, Any],
    splits: pd.DataFrame,
) -> str:
    """Show what the audit found, twins side by side, as one HTML page."""
    from s3f_pipeline.reporting.audit import AuditData, render_audit
    from s3f_pipeline.results.audit import Audit
    from s3f_pipeline.results.splits import SplitSummary
    from s3f_pipeline.splits.checks import check_splits
    from s3f_pipeline.splits.demographics import demographics
    from s3f_pipeline.splits.guarantee import guarantee_counts
    from s3f_pipeline.splits.summary import split_summary

    check_splits(splits)
    return render_audit(
        AuditData(
            cohort=cohort.model_dump(
                include={"name", "title", "subject", "class_titles", "licence", "citation"}
            ),
            synthetic=acquisition["provenance"]["synthetic"],
            header_ids=quality["header_ids"],
            contradictions=quality["contradictions"],
            incomparable_ids=quality["incomparable_ids"],
            guarantee=guarantee_counts(index, splits),
            audit=Audit.of(audit, "leakage_audit.json"),
            straddle=straddle,
            shortcuts=shortcuts["shortcuts"],
            suspicious=suspicious_labels,
            grouping=cohort.grouping,
            index=index,
            thumbnails=thumbnails,
            twins=twins,
            split_summary=SplitSummary.of(split_summary(index, splits)),
            demographics=demographics(index, splits),
            fold=splitting.fold,
            folds=splitting.folds,
            file_warnings=quality.get("warnings", ()),
        )
    )


def write_card(
    cohort: CohortFacts,
    acquisition: dict[str, Any],
    quality: dict[str, Any],
    index: pd.DataFrame,
    audit: dict[str, Any],
    splits: pd.DataFrame,
) -> str:
    """Write the card of the cohort in Markdown."""
    from s3f_pipeline.reporting.cohort_card import CohortCardData, write_cohort_card
    from s3f_pipeline.results.audit import Audit
    from s3f_pipeline.results.splits import SplitSummary
    from s3f_pipeline.splits.demographics import demographics
    from s3f_pipeline.splits.guarantee import guarantee_counts
    from s3f_pipeline.splits.summary import split_summary

    shown = {"name", "title", "subject", "classes", "class_titles", "source", "licence", "citation", "card"}
    provenance = acquisition["provenance"]
    return write_cohort_card(
        CohortCardData(
            cohort=cohort.model_dump(mode="json", include=shown),
            synthetic=provenance["synthetic"],
            provenance=provenance,
            quality=quality,
            audit=Audit.of(audit, "leakage_audit.json"),
            split_summary=SplitSummary.of(split_summary(index, splits)),
            guarantee=guarantee_counts(index, splits),
            demographics=demographics(index, splits),
        )
    )
