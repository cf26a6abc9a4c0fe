"""Nodes of the ingestion."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from s3f_pipeline.config.names import images_name
from s3f_pipeline.config.schema import CohortData, IngestionConfig
from s3f_pipeline.files import sha256_of, temporary_path
from s3f_pipeline.identity import BY_HEADER, BY_LINK, STUDY

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
) -> tuple[pd.DataFrame, dict[str, Any], Path, Path]:
    """Read a cohort once: index, quality report, image store, thumbnails.

    ``listing`` makes a changed raw folder be read again. Without ``salt`` the patient ids of DICOM headers
    are counted and not used.
    """
    from s3f_pipeline.cohorts import (
        add_links,
        check_subjects,
        find_table,
        list_files,
        read_links,
        report_links,
    )
    from s3f_pipeline.cohorts.header_subjects import describe_headers, header_warnings, read_headers
    from s3f_pipeline.cohorts.identities import (
        contradiction_warning,
        incomparable_ids,
        join_identities,
        other_ids,
    )
    from s3f_pipeline.images.ingest import ingest
    from s3f_pipeline.images.quality import quality_report
    from s3f_pipeline.images.store import STORE_KEY

    folder = raw_root / acquisition["folder"]
    files = list_files(cohort.layout, folder, cohort.classes, cohort.table, cohort.patient_pattern)
    if not cohort.table:  # where an empty cell says that a patient is not known
        check_subjects(files, cohort.subject)
    table_of_links = find_table(cohort.link.table, folder) if cohort.link and cohort.link.table else None
    ingested = ingest(
        files,
        folder,
        image_size=cohort.image_size,
        color=cohort.color,
        aspect=cohort.aspect,
        window=cohort.window,
        max_pixels=round(settings.max_megapixels * 1e6),
        images=temporary_path(image_folder / f"{images_name(*cohort.image_size)}.npy"),
        thumbnails=temporary_path(thumbnail_folder / "thumbnails.npy"),
        max_rejected_share=settings.max_rejected_share,
        workers=settings.workers,
        salt=salt,
    )
    index, links = ingested.index, None
    readings: dict[str, pd.Series] = {}
    if table_of_links:
        linked = add_links(index, read_links(table_of_links))
        index, links = linked.index, report_links(linked, table_of_links, folder)
        readings[BY_LINK] = linked.subject
        logger.info(
            "%d of %d images have a subject by the table %s", linked.linked, len(index), table_of_links.name
        )
    headers = read_headers(ingested.pseudonyms)
    header_ids = describe_headers(
        index["format"] == "DICOM",
        headers[BY_HEADER],
        headers[STUDY],
        used=salt is not None,
        beside=other_ids(index["subject"], readings),
    )
    if salt is not None:
        readings |= headers
    incomparable = incomparable_ids(index["subject"], readings, of=cohort.subject)
    index, contradictions = join_identities(index, readings, subject=cohort.subject)
    provenance = acquisition["provenance"]
    published = cohort.published if cohort.published and not provenance["synthetic"] else None
    quality = quality_report(
        cohort.name,
        index,
        ingested.rejected,
        max_rejected_share=settings.max_rejected_share,
        published_counts=published.counts if published else {},
        passed_over=files.attrs["passed_over"],
        checksums=provenance.get("files", {}),
        positive_class=cohort.positive_class,
        narrow=ingested.narrow,
        remarks=ingested.remarks,
        masks=ingested.masks,
        blank=ingested.blank,
        image_size=cohort.image_size,
        links=links,
        caution=None if provenance["synthetic"] else cohort.caution,
        notices=files.attrs.get("notices", ()),
    )
    quality |= {
        "header_ids": header_ids,
        "contradictions": contradictions,
        "incomparable_ids": incomparable,
    }
    quality["warnings"] += [incomparable] if incomparable else []
    quality["warnings"] += map(contradiction_warning, contradictions)
    if header_ids is not None:
        quality["warnings"] += header_warnings(header_ids)
        if header_ids["message"]:
            logger.log(logging.INFO if salt else logging.WARNING, "%s", header_ids["message"])
    for warning in quality["warnings"]:
        logger.warning("%s", warning)
    index.attrs = {STORE_KEY: sha256_of(ingested.images)}
    return index, quality, ingested.images, ingested.thumbnails
