"""From wherever the raw files are to a raw folder: folder, archive, phantoms, or a clear message."""

import logging
import shutil
from pathlib import Path
from typing import Any

from s3f_pipeline.acquisition.archives import unpack
from s3f_pipeline.acquisition.phantoms import draw_phantoms
from s3f_pipeline.acquisition.provenance import listing_hash, read_provenance, write_provenance
from s3f_pipeline.config.schema import CohortConfig, PhantomsConfig
from s3f_pipeline.errors import AcquisitionError
from s3f_pipeline.files import sha256_of

logger = logging.getLogger(__name__)


def acquire(
    name: str,
    cohort: CohortConfig,
    raw_root: Path,
    archives: Path | None,
    phantoms: PhantomsConfig | None,
) -> dict[str, Any]:
    """Make sure that a cohort's raw folder is there, and say where it is from.

    Args:
        name: Name of the cohort.
        cohort: Its configuration.
        raw_root: Folder in which raw folders lie.
        archives: Folder with archives, or ``None``.
        phantoms: How to draw phantoms; ``None`` outside demonstrations, where phantoms are refused.

    Returns:
        ``folder`` (name below ``raw_root``), ``provenance``, ``listing_sha256``.

    Raises:
        AcquisitionError: If there is no data, a damaged archive, or phantoms outside a demonstration.
    """
    folder = raw_root / cohort.raw_folder
    if folder.is_dir():
        provenance = read_provenance(folder) or write_provenance(
            folder, f"folder {cohort.raw_folder}, put there by hand", synthetic=False
        )
    elif phantoms is not None:
        provenance = {"synthetic": True}
    else:
        provenance = _from_archive(cohort, raw_root, archives)
    _refuse_wrong_kind(folder, bool(provenance.get("synthetic")), phantoms)
    if phantoms is not None and provenance.get("phantoms") != phantoms.model_dump(mode="json"):
        logger.info("Drawing phantoms of %s into %s", name, folder)
        shutil.rmtree(folder, ignore_errors=True)
        draw_phantoms(folder, cohort, phantoms)
        provenance = read_provenance(folder) or {}
    return {
        "folder": cohort.raw_folder,
        "provenance": provenance,
        "listing_sha256": listing_hash(folder),
    }


def _from_archive(cohort: CohortConfig, raw_root: Path, archives: Path | None) -> dict[str, Any]:
    archive = archives / f"{cohort.archive}.zip" if archives else None
    if archive is None or not archive.is_file():
        looked = f" ({archive} is not there)" if archive else ""
        raise AcquisitionError(
            f"The images of '{cohort.title}' are not here. Do one of these three:\n"
            f"  1. put the folder '{cohort.raw_folder}' into {raw_root};\n"
            f"  2. name a folder that holds {cohort.archive}.zip by S3F_ARCHIVES=<folder> or "
            f"--params=archives=<folder>{looked};\n"
            f"  3. download it from {cohort.source} ({cohort.licence}) and do 1 or 2.\n"
            f"To try the project without data: kedro run --env=demo --pipeline=brisc_bilinear"
        )
    logger.info("Unpacking %s", archive)
    checksum = sha256_of(archive)
    provenance: dict[str, Any] = {}

    def complete(unpacked: Path) -> None:
        source = f"archive {archive.name}"
        provenance.update(write_provenance(unpacked, source, synthetic=False, sha256=checksum))

    unpack(archive, raw_root, cohort.raw_folder, complete)
    return provenance


def _refuse_wrong_kind(folder: Path, synthetic: bool, phantoms: PhantomsConfig | None) -> None:
    if synthetic and phantoms is None:
        raise AcquisitionError(
            f"{folder} holds drawn phantoms, not patients' images, and this is no demonstration. Move the "
            f"folder away and put the real data there, or run with --env=demo."
        )
    if not synthetic and phantoms is not None:
        raise AcquisitionError(
            f"{folder} holds real images, but this demonstration is for phantoms and marks its reports "
            f"as such. Move the folder to the data folder of a real run, or leave out --env=demo."
        )
