"""Nodes of the ingestion."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from s3f_pipeline.config.names import images_name
from s3f_pipeline.config.schema import CohortConfig, IngestionConfig
from s3f_pipeline.files import sha256_of, temporary_path

logger = logging.getLogger(__name__)


def ingest_cohort(
    cohort: dict[str, Any],
    settings: dict[str, Any],
    acquisition: dict[str, Any],
    raw_root: Path,
    image_folder: Path,
    thumbnail_folder: Path,
) -> tuple[pd.DataFrame, dict[str, Any], Path, Path]:
    """Read a cohort once: index, quality report, image store, thumbnails."""
    from s3f_pipeline.cohorts import list_files
    from s3f_pipeline.images.ingest import ingest
    from s3f_pipeline.images.quality import quality_report
    from s3f_pipeline.images.store import STORE_KEY

    name, block = CohortConfig.from_named(cohort)
    config = IngestionConfig.model_validate(settings)
    folder = raw_root / acquisition["folder"]
    ingested = ingest(
        list_files(block.layout, folder, block.classes),
        folder,
        image_size=block.image_size,
        color=block.color,
        images=temporary_path(image_folder / f"{images_name(*block.image_size)}.npy"),
        thumbnails=temporary_path(thumbnail_folder / "thumbnails.npy"),
        max_rejected_share=config.max_rejected_share,
        workers=config.workers,
    )
    quality = quality_report(
        name,
        ingested.index,
        ingested.rejected,
        max_rejected_share=config.max_rejected_share,
        published_counts={} if acquisition["provenance"]["synthetic"] else block.published_counts,
    )
    for row in quality["rejected"]:
        logger.warning("Left out %s: %s", row["path"], row["reason"])
    for row in quality["count_differences"]:
        logger.warning(
            "%s %s: %d images found, %d in the published work", *map(row.get, ("split", "class")),
            row["found"], row["published"],
        )  # fmt: skip
    ingested.index.attrs[STORE_KEY] = sha256_of(ingested.images)
    return ingested.index, quality, ingested.images, ingested.thumbnails
