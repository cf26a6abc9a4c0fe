"""Nodes of the splitting."""

import logging
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.schema import CohortConfig, Protocol, SplittingConfig

logger = logging.getLogger(__name__)


def search_twins(settings: dict[str, Any], index: pd.DataFrame, thumbnails: np.memmap) -> pd.DataFrame:
    """Find exact and near-duplicate images."""
    from s3f_pipeline.splits import find_twins

    return find_twins(index, thumbnails, settings)


def group(index: pd.DataFrame, twins: pd.DataFrame) -> pd.DataFrame:
    """Join published groups and twins into the groups that stay on one side."""
    from s3f_pipeline.splits import make_groups

    return make_groups(index, twins)


def audit(
    cohort: dict[str, Any],
    settings: dict[str, Any],
    index: pd.DataFrame,
    groups: pd.DataFrame,
    twins: pd.DataFrame,
) -> dict[str, Any]:
    """Count and list what the official splits leak, and contradictory labels."""
    from s3f_pipeline.splits import leakage_audit

    name, block = CohortConfig.from_named(cohort)
    return leakage_audit(index, groups, twins, cohort=name, guarantee=block.guarantee, settings=settings)


def split(
    protocol: Protocol, settings: dict[str, Any], index: pd.DataFrame, groups: pd.DataFrame
) -> pd.DataFrame:
    """Split a cohort under one protocol."""
    from s3f_pipeline.splits import patient_safe_split, published_split

    if protocol == "published":
        return published_split(index, groups)
    config = SplittingConfig.model_validate(settings)
    return patient_safe_split(
        index,
        groups,
        validation_share=config.validation_share,
        test_share=config.test_share,
        seed=config.seed,
        contradictory=config.contradictory,
    )
