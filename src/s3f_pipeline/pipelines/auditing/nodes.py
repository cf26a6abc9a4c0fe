"""Nodes of the auditing."""

from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.schema import CohortConfig


def write_audit(
    cohort: dict[str, Any],
    splitting: dict[str, Any],
    acquisition: dict[str, Any],
    quality: dict[str, Any],
    index: pd.DataFrame,
    thumbnails: np.memmap,
    twins: pd.DataFrame,
    audit: dict[str, Any],
    splits: pd.DataFrame,
) -> str:
    """Show what the audit found, twins side by side, as one HTML page."""
    from s3f_pipeline.reporting.audit import AuditData, render_audit
    from s3f_pipeline.splits.checks import check_splits
    from s3f_pipeline.splits.demographics import demographics
    from s3f_pipeline.splits.guarantee import guarantee_counts
    from s3f_pipeline.splits.summary import split_summary

    check_splits(splits)
    name, block = CohortConfig.from_named(cohort)
    return render_audit(
        AuditData(
            cohort={"name": name, **block.model_dump(include={"title", "licence", "citation"})},
            synthetic=acquisition["provenance"]["synthetic"],
            header_ids=quality["header_ids"],
            guarantee=guarantee_counts(index, splits),
            audit=audit,
            index=index,
            thumbnails=thumbnails,
            twins=twins,
            split_summary=split_summary(index, splits),
            demographics=demographics(index, splits),
            fold=splitting["fold"],
            folds=splitting["folds"],
        )
    )
