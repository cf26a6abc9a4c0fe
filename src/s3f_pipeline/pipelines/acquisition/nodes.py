"""Nodes of the acquisition."""

from pathlib import Path
from typing import Any

from s3f_pipeline.config.schema import CohortConfig, PhantomsConfig


def acquire_raw(cohort: dict[str, Any], settings: dict[str, Any], raw_root: Path) -> dict[str, Any]:
    """Make sure that the raw folder is there; see ``s3f_pipeline.acquisition.acquire``."""
    from s3f_pipeline.acquisition.acquire import acquire

    name, block = CohortConfig.from_named(cohort)
    archives = Path(settings["archives"]).expanduser() if settings["archives"] else None
    phantoms = settings["phantoms"]
    return acquire(
        name,
        block,
        raw_root,
        archives,
        PhantomsConfig.model_validate(phantoms) if phantoms else None,
        offline=settings["offline"],
    )
