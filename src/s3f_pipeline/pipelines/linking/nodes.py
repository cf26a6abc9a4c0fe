"""Nodes of the linking."""

import logging
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.schema import CohortData
from s3f_pipeline.errors import ConfigError

logger = logging.getLogger(__name__)


def link_cohorts(
    cohort: CohortData,
    index: pd.DataFrame,
    thumbnails: np.memmap,
    other_index: pd.DataFrame,
    other_thumbnails: np.memmap,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Find the images of a cohort in another one, and take over what is known of them there."""
    from s3f_pipeline.linking.match import MatchSettings, link_table, match_cohorts
    from s3f_pipeline.linking.report import link_report

    if cohort.link is None:
        raise ConfigError(
            f"The cohort {cohort.name} has no link. Name the other cohort: link: {{to: <cohort>}}."
        )
    settings = MatchSettings(cohort.link.least_correlation, cohort.link.margin)
    matches = match_cohorts(index, thumbnails, other_index, other_thumbnails, settings)
    report = link_report(
        matches,
        index["subject"],
        cohort=cohort.name,
        other=cohort.link.to,
        settings=settings,
        table=cohort.link.table,
    )
    _tell(report, cohort.subject)
    return link_table(matches), report


def _tell(report: dict[str, Any], subject: str) -> None:
    logger.info(
        "%d of %d images of %s are in %s, of %d %ss; %d could be of more than one %s, %d are not there",
        report["matched"], report["images"], report["cohort"], report["linked_to"], report["subjects"],
        subject, report["ambiguous"], subject, report["unmatched"],
    )  # fmt: skip
    for label, counts in report["by_class"].items():
        logger.info("  %s: %s", label, ", ".join(f"{count} {state}" for state, count in counts.items()))
    if contradictory := report["contradictory_labels"]:
        told = "; ".join(
            f"{row['image']}: {row['label']}, there {row['linked_label']}" for row in contradictory
        )
        logger.warning("%d images have another label there: %s", len(contradictory), told)
    agreement = report["agreement"]
    logger.info(
        "Beside the ids in use%s: %d same, %d different, %d found but not in use, %d in use but not found",
        f" (table {agreement['table']})" if agreement["table"] else "",
        agreement["same"], agreement["different"], agreement["found_but_not_in_use"],
        agreement["in_use_but_not_found"],
    )  # fmt: skip
