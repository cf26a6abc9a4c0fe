"""Nodes of the acquisition."""

from pathlib import Path
from typing import Any

from s3f_pipeline.config.schema import AcquisitionConfig, CohortFacts


def acquire_raw(
    cohort: CohortFacts, settings: AcquisitionConfig, raw_root: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """Make sure that the raw folder is there, say where it is from, and what it looks like now.

    The latter depends on change times, which differ from machine to machine, so it is kept apart: only
    ingestion asks for it.
    """
    from s3f_pipeline.acquisition.acquire import acquire
    from s3f_pipeline.acquisition.provenance import listing_hash

    archives = Path(settings.archives).expanduser() if settings.archives else None
    acquired = acquire(cohort, raw_root, archives, settings.phantoms, offline=settings.offline)
    return acquired, {"sha256": listing_hash(raw_root / acquired["folder"])}
