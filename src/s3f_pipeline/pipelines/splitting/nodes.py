"""Nodes of the splitting."""

import logging
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.cohorts.listing import ORDER_COLUMN
from s3f_pipeline.config.schema import CohortData, LeakageEffectConfig, Protocol, SplittingOfRun
from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.settings import TwinSettings

logger = logging.getLogger(__name__)


def search_twins(settings: TwinSettings, index: pd.DataFrame, thumbnails: np.memmap) -> pd.DataFrame:
    """Find exact and near-duplicate images."""
    from s3f_pipeline.splits.twins import find_twins

    return find_twins(index, thumbnails, settings)


def group(cohort: CohortData, index: pd.DataFrame, twins: pd.DataFrame) -> pd.DataFrame:
    """Join subjects, twins and runs of files into the groups that stay on one side.

    A run holds together nothing on an official side that is kept: its neighbours may lie in training.
    """
    from s3f_pipeline.splits.groups import make_groups
    from s3f_pipeline.splits.sequence import runs

    sequences = None
    if cohort.grouping:
        order = _order(cohort, index)
        cut = {"train"}
        cut |= {"test"} if cohort.official_test == "cut" else set()
        cut |= {"validation"} if cohort.official_validation == "cut" else set()
        sequences = runs(order, cohort.grouping.sequence).where(
            index["label"].isin(cohort.grouping.classes or cohort.classes)
            & (index["official_split"].isna() | index["official_split"].isin(cut))
        )
    return make_groups(index, twins, subject=cohort.subject, runs=sequences)


def audit(
    cohort: CohortData,
    settings: TwinSettings,
    index: pd.DataFrame,
    groups: pd.DataFrame,
    twins: pd.DataFrame,
) -> dict[str, Any]:
    """Count and list what the published splits leak, and contradictory labels."""
    from s3f_pipeline.splits.audit import leakage_audit

    try:
        published, why_none = _split_as_published(cohort, index, groups), None
    except SplitError as error:
        published, why_none = None, error.message
    found = leakage_audit(
        index,
        groups,
        twins,
        cohort=cohort.name,
        settings=settings,
        published=published,
        why_none=why_none,
    )
    across = found["across_official_splits"]
    if across["test_images"]:
        logger.info(
            "Audit: %d of %d official test images have a twin in official training or validation, %d a "
            "mirrored one",
            across["test_images_with_twin_outside_test"],
            across["test_images"],
            across["test_images_by_relation"]["mirrored"],
        )
    if across["test_images_with_subject_outside_test"]:
        logger.info(
            "Audit: %d of %d official test images with a known %s share it with official training or "
            "validation",
            across["test_images_with_subject_outside_test"],
            across["test_images_with_known_subject"],
            cohort.subject,
        )
    logger.info(
        "Audit: %d groups, %d with twins, %d with contradictory labels",
        found["groups"]["count"],
        found["groups"]["with_twins"],
        found["contradictory_labels"]["groups"],
    )
    return found


def split(
    protocol: Protocol,
    cohort: CohortData,
    settings: SplittingOfRun,
    index: pd.DataFrame,
    groups: pd.DataFrame,
) -> pd.DataFrame:
    """Split a cohort under one protocol, and tell what the split keeps apart."""
    from s3f_pipeline.splits.exclusions import class_losses, exclusions_warning
    from s3f_pipeline.splits.guarantee import guarantee_counts, guarantee_total, unknown_text

    if protocol == "published":
        if settings.fold is not None:
            raise SplitError(
                "The published protocol has no folds. Leave out fold, or run the pipeline without _published."
            )
        made = _split_as_published(cohort, index, groups)
        selection_split = cohort.published.selection_split if cohort.published else "validation"
    else:
        made = _split_patient_safe(cohort, settings, index, groups)
        selection_split = "validation"
    counts = made["split"].value_counts()
    logger.info("Images: %s", ", ".join(f"{count} {split}" for split, count in counts.items()))
    if warning := exclusions_warning(class_losses(index, made)):
        logger.warning("%s", warning)
    levels = guarantee_counts(index, made)
    kept_apart, towards = guarantee_total(levels), unknown_text(levels)
    made.attrs = {"protocol": protocol, "guarantee": kept_apart, "selection_split": selection_split}
    if protocol == "patient_safe":
        told = ", ".join(f"{count} by {level.replace('_', ' ')}" for level, count in kept_apart.items())
        told += f"; {towards}" if towards else ""
        logger.info("Guarantee: images are kept apart from other sides: %s", told)
        unknown = sum(count for level, count in kept_apart.items() if level != "patient")
        if unknown:
            logger.warning(
                "The split knows no patient of %d images: different images of one patient may stand on two "
                "sides, and figures can be better than for new patients. The pipeline %s_audit looks for "
                "them in the order and the names of the files.",
                unknown,
                cohort.name,
            )
    return made


def inject_leak(
    protocol: Protocol,
    cohort: CohortData,
    settings: SplittingOfRun,
    asked: LeakageEffectConfig,
    index: pd.DataFrame,
    groups: pd.DataFrame,
    safe: pd.DataFrame,
) -> pd.DataFrame:
    """Make one of the two splits that differ in a leak alone.

    Raises:
        SplitError: For a fold of a cross-validation, or if nothing can leak.
    """
    from s3f_pipeline.splits.guarantee import guarantee_counts, guarantee_total
    from s3f_pipeline.splits.injection import LEAKING, inject, leak_of

    if settings.fold is not None:
        raise SplitError("A leak is measured without folds. Leave out fold.")
    leak = leak_of(index, asked.leak)
    both = inject(index, groups, safe, leak=leak, contradictory=settings.contradictory, seed=settings.seed)
    made = both.leaking if protocol == "leaking" else both.leak_free
    logger.info(
        "Leak, under the protocol leaking: %d training images share a %s with a test image, in place of as "
        "many others of their classes",
        int((both.leaking["reason"] == LEAKING[leak]).sum()), "twin" if leak == "twins" else cohort.subject,
    )  # fmt: skip
    kept_apart = guarantee_total(guarantee_counts(index, made))
    made.attrs = {"protocol": protocol, "guarantee": kept_apart, "selection_split": "validation"}
    return made


def _order(cohort: CohortData, index: pd.DataFrame, *, across_splits: bool = False) -> pd.DataFrame:
    """The order of files in which runs are cut, or the one that tells what lies between those of a run."""
    from s3f_pipeline.splits.held_runs import order_across_splits
    from s3f_pipeline.splits.sequence import file_order

    column = ORDER_COLUMN if ORDER_COLUMN in index else None
    number = cohort.grouping.number if cohort.grouping else 1
    if across_splits and cohort.official_test == "keep":
        return order_across_splits(index, column, number=number)
    return file_order(index, column, number=number, merge_splits=cohort.official_test == "cut")


def _split_patient_safe(
    cohort: CohortData, settings: SplittingOfRun, index: pd.DataFrame, groups: pd.DataFrame
) -> pd.DataFrame:
    from s3f_pipeline.splits.patient_safe import patient_safe_split

    if settings.fold is not None and (index["official_split"] == "validation").any():
        logger.info("In a cross-validation official training and validation images are dealt alike.")
    return patient_safe_split(
        index,
        groups,
        order=_order(cohort, index, across_splits=True) if cohort.grouping else None,
        official_test=cohort.official_test,
        official_validation=cohort.official_validation,
        **settings.model_dump(),
    )


def _split_as_published(cohort: CohortData, index: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    from s3f_pipeline.splits.published import RandomTestSet, published_split

    published = cohort.published
    if published is None:
        raise SplitError("No protocol has been published for this cohort.")
    if published.needs and not (index["official_split"] == "test").any():
        raise SplitError(
            f"The published protocol tests on images that are not here: put {published.needs} and its images "
            f"into the raw folder (from {published.needs_from}), or run the pipeline without _published."
        )
    random = RandomTestSet(cohort.classes, published.test_share, published.split_seed)
    return published_split(
        index,
        groups,
        selection_split=published.selection_split,
        random=random if published.split == "random" else None,
    )
