"""Nodes of the splitting."""

import logging
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.schema import CohortConfig, Protocol, SplittingConfig, TwinsConfig

logger = logging.getLogger(__name__)


def search_twins(settings: dict[str, Any], index: pd.DataFrame, thumbnails: np.memmap) -> pd.DataFrame:
    """Find exact and near-duplicate images."""
    from s3f_pipeline.splits.twins import TwinSettings, find_twins

    config = TwinsConfig.model_validate(settings)
    return find_twins(index, thumbnails, TwinSettings(**config.model_dump()))


def group(index: pd.DataFrame, twins: pd.DataFrame) -> pd.DataFrame:
    """Join published groups and twins into the groups that stay on one side."""
    from s3f_pipeline.splits.groups import make_groups

    return make_groups(index, twins)


def audit(
    cohort: dict[str, Any],
    settings: dict[str, Any],
    index: pd.DataFrame,
    groups: pd.DataFrame,
    twins: pd.DataFrame,
) -> dict[str, Any]:
    """Count and list what the official splits leak, and contradictory labels."""
    from s3f_pipeline.splits.audit import leakage_audit
    from s3f_pipeline.splits.twins import TwinSettings

    name, block = CohortConfig.from_named(cohort)
    found = leakage_audit(
        index,
        groups,
        twins,
        cohort=name,
        guarantee=block.guarantee,
        settings=TwinSettings(**settings),
    )
    across = found["across_official_splits"]
    logger.info(
        "Audit: %d of %d test images have a twin in the official training set; %d groups, %d with twins, "
        "%d with contradictory labels",
        across["test_images_with_twin_in_train"],
        across["test_images"],
        found["groups"]["count"],
        found["groups"]["with_twins"],
        found["contradictory_labels"]["groups"],
    )
    return found


def split(
    protocol: Protocol,
    cohort: dict[str, Any],
    settings: dict[str, Any],
    index: pd.DataFrame,
    groups: pd.DataFrame,
) -> pd.DataFrame:
    """Split a cohort under one protocol; the table says in ``attrs`` what it guarantees."""
    from s3f_pipeline.splits.patient_safe import patient_safe_split
    from s3f_pipeline.splits.published import published_split

    _, block = CohortConfig.from_named(cohort)
    if protocol == "published":
        made = published_split(index, groups, selection_split=block.selection_split)
    else:
        config = SplittingConfig.model_validate(settings)
        made = patient_safe_split(
            index,
            groups,
            validation_share=config.validation_share,
            test_share=config.test_share,
            seed=config.seed,
            contradictory=config.contradictory,
        )
    made.attrs = {
        "protocol": protocol,
        "guarantee": "none" if protocol == "published" else block.guarantee,
        "selection_split": block.selection_split if protocol == "published" else "validation",
    }
    counts = made["split"].value_counts()
    logger.info("Images: %s", ", ".join(f"{count} {split}" for split, count in counts.items()))
    return made
