"""Nodes of the ingestion."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from s3f_pipeline.config.names import store_file
from s3f_pipeline.config.schema import CohortData, ImageStoreConfig, IngestionConfig
from s3f_pipeline.files import removed_after_errors, temporary_path

if TYPE_CHECKING:
    from s3f_pipeline.cohorts.identify import Identified
    from s3f_pipeline.images.findings import Findings

logger = logging.getLogger(__name__)


def ingest_cohort(
    cohort: CohortData,
    settings: IngestionConfig,
    acquisition: dict[str, Any],
    listing: dict[str, str],
    raw_root: Path,
    image_folder: Path,
    thumbnail_folder: Path,
    salt: bytes | None = None,
    *,
    store: ImageStoreConfig,
) -> tuple[Path, pd.DataFrame, dict[str, Any]]:
    """Read a cohort once: thumbnails, index and quality report, and in the same pass the image store.

    The image store is what the resizing would write. Nothing else depends on its size, so that another size
    is left to the resizing. Thumbnails come first, as all that they need is their name. ``listing`` makes a
    changed raw folder be read again. Without ``salt`` the patient ids of DICOM headers are counted and not
    used.
    """
    from s3f_pipeline.cohorts import find_table
    from s3f_pipeline.cohorts.identify import identify
    from s3f_pipeline.images.ingest import ingest
    from s3f_pipeline.images.store import enlarged_warning, publish_store

    folder = raw_root / acquisition["folder"]
    files = _list_files(cohort, folder)
    table_of_links = find_table(cohort.link.table, folder) if cohort.link and cohort.link.table else None
    place = image_folder / store_file(store.image_size)
    images, thumbnails = temporary_path(place), temporary_path(thumbnail_folder / "thumbnails.npy")
    with removed_after_errors(images, thumbnails):
        ingested = ingest(
            files,
            folder,
            **dict(store),
            max_pixels=round(settings.max_megapixels * 1e6),
            store=images,
            thumbnails=thumbnails,
            max_rejected_share=settings.max_rejected_share,
            workers=settings.workers,
            salt=salt,
        )
        identified = identify(
            ingested.index,
            ingested.pseudonyms,
            subject=cohort.subject,
            table_of_links=table_of_links,
            linked_to=cohort.link.to if cohort.link else None,
            folder=folder,
            use_headers=salt is not None,
        )
        quality = _report(cohort, settings, acquisition["provenance"], files, ingested.findings, identified)
        enlarged = enlarged_warning(identified.index, store.image_size)
        for warning in [*quality["warnings"], *([enlarged] if enlarged else [])]:
            logger.warning("%s", warning)
        publish_store(images, place, identified.index)
    return thumbnails, identified.index, quality


def _list_files(cohort: CohortData, folder: Path) -> pd.DataFrame:
    from s3f_pipeline.cohorts import check_subjects, list_files

    files = list_files(cohort.layout, folder, cohort.classes, cohort.table, cohort.patient_pattern)
    if not cohort.table:  # where an empty cell says that a patient is not known
        check_subjects(files, cohort.subject)
    return files


def _report(
    cohort: CohortData,
    settings: IngestionConfig,
    provenance: dict[str, Any],
    files: pd.DataFrame,
    findings: "Findings",
    identified: "Identified",
) -> dict[str, Any]:
    """What is held against publications is not held against phantoms."""
    from s3f_pipeline.images.quality import quality_report

    published = cohort.published if cohort.published and not provenance["synthetic"] else None
    quality = quality_report(
        cohort.name,
        identified.index,
        findings,
        max_rejected_share=settings.max_rejected_share,
        published_counts=published.counts if published else {},
        passed_over=files.attrs["passed_over"],
        checksums=provenance.get("files", {}),
        positive_class=cohort.positive_class,
        links=identified.links,
        caution=None if provenance["synthetic"] else cohort.caution,
        notices=files.attrs.get("notices", ()),
    )
    quality |= identified.facts
    quality["warnings"] += identified.warnings
    return quality
