"""From wherever the raw files are to a raw folder: folder, archive, download, or a clear message."""

import logging
import shutil
from pathlib import Path
from typing import Any

from s3f_pipeline.acquisition.archives import unpack
from s3f_pipeline.acquisition.fetching import can_download, check_archive, complement, download
from s3f_pipeline.acquisition.medmnist import published_file
from s3f_pipeline.acquisition.phantoms import description, draw_phantoms
from s3f_pipeline.acquisition.pins import pin
from s3f_pipeline.acquisition.provenance import (
    checksums,
    raw_files,
    read_provenance,
    tree_hash,
    write_provenance,
)
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig
from s3f_pipeline.errors import AcquisitionError
from s3f_pipeline.files import atomic_path, on_disk

logger = logging.getLogger(__name__)


def acquire(
    cohort: CohortFacts,
    raw_root: Path,
    archives: Path | None,
    phantoms: PhantomsConfig | None,
    *,
    offline: bool = False,
) -> dict[str, Any]:
    """Make sure that a cohort's raw folder is there, and say where it is from.

    Args:
        cohort: Its configuration.
        raw_root: Folder in which raw folders lie.
        archives: Folder with archives, or ``None``.
        phantoms: How to draw phantoms; ``None`` outside demonstrations, where phantoms are refused.
        offline: Never download.

    Returns:
        ``folder`` (name below ``raw_root``) and ``provenance``.

    Raises:
        AcquisitionError: If there is no data, a damaged archive, or phantoms outside a demonstration.
    """
    if cohort.layout == "medmnist" and is_one_file(cohort) and not can_download(cohort):
        published = published_file(Path(cohort.inside).name)
        cohort = cohort.model_copy(update={"download": published})
    folder = on_disk(raw_root, cohort.raw_folder)
    for path in (raw_root, folder):
        if path.exists() and not path.is_dir():
            raise AcquisitionError(f"{path} is a file, but a folder must be there. Move the file away.")
    if phantoms is not None:
        provenance = _draw(cohort, folder, phantoms)
    else:
        if not _is_there(folder, cohort):
            _get(cohort, raw_root, archives, offline)
        provenance = _provenance_of(folder, cohort)
        if provenance.get("synthetic"):
            raise AcquisitionError(
                f"{folder} holds drawn phantoms, not patients' images, and this is no demonstration. Move "
                f"the folder away and put the real data there, or run with --env=demo."
            )
        pin(raw_root, folder.relative_to(raw_root).as_posix(), provenance)
        if not offline:
            complement(cohort, folder)
    published_md5 = {} if phantoms else cohort.download.md5
    return {
        "folder": folder.relative_to(raw_root).as_posix(),
        "provenance": {**provenance, "files": checksums(folder, published_md5)},
    }


def _is_there(folder: Path, cohort: CohortFacts) -> bool:
    """Whether the raw folder has files, or the one that a cohort is."""
    if is_one_file(cohort):
        return on_disk(folder, Path(cohort.inside).name).is_file()
    return any(raw_files(folder))


def is_one_file(cohort: CohortFacts) -> bool:
    """Whether a cohort comes as a single file, such as a MedMNIST archive."""
    return Path(cohort.inside).suffix == ".npz"


def _draw(cohort: CohortFacts, folder: Path, phantoms: PhantomsConfig) -> dict[str, Any]:
    provenance = read_provenance(folder) or {}
    if any(raw_files(folder)) and not provenance.get("synthetic"):
        raise AcquisitionError(
            f"{folder} holds real images, but this demonstration is for phantoms and marks its reports "
            f"as such. Move the folder to the data folder of a real run, or leave out --env=demo."
        )
    is_same = provenance.get("phantoms") == description(cohort, phantoms)
    if is_same and provenance.get("sha256") != tree_hash(folder):
        logger.warning("Phantoms in %s are missing, damaged or changed: they are drawn anew.", folder)
        is_same = False
    if not is_same:
        logger.info("Drawing phantoms of %s into %s", cohort.name, folder)
        shutil.rmtree(folder, ignore_errors=True)
        draw_phantoms(folder, cohort, phantoms)
    return read_provenance(folder) or {}


def _get(cohort: CohortFacts, raw_root: Path, archives: Path | None, offline: bool) -> None:
    looked = _from_archives(cohort, raw_root, archives) if archives else "no folder with archives is named"
    if looked is None:
        return
    failed = None
    if can_download(cohort) and offline:
        failed = "downloads are switched off (offline in the parameters, or S3F_OFFLINE)"
    elif can_download(cohort):
        logger.info("%s: %s; downloading", cohort.name, looked)
        try:
            return download(cohort, raw_root)
        except AcquisitionError as error:
            failed = error.message
    raise AcquisitionError(_how_to_get(cohort, raw_root, looked, failed))


def _from_archives(cohort: CohortFacts, raw_root: Path, archives: Path) -> str | None:
    """Unpack or copy what the folder of archives has; a text says what it does not have."""
    archive, single = on_disk(archives, f"{cohort.archive}.zip"), on_disk(archives, cohort.inside)
    folder = on_disk(raw_root, cohort.raw_folder)
    if is_one_file(cohort) and single.is_file():
        logger.info("Copying %s", single)
        _check(single)
        with atomic_path(folder / single.name) as temporary:
            shutil.copyfile(single, temporary)
        write_provenance(folder, f"file {single.name}", synthetic=False, sha256=tree_hash(folder))
        return None
    if not archive.is_file():
        return f"{archive} is not there"
    logger.info("Unpacking %s", archive)

    def complete(unpacked: Path) -> None:
        if is_one_file(cohort):
            _check(on_disk(unpacked, Path(cohort.inside).name))
        checksum = tree_hash(unpacked)
        write_provenance(unpacked, f"archive {archive.name}", synthetic=False, sha256=checksum)

    unpack(archive, raw_root, cohort.inside, cohort.raw_folder, complete)
    return None


def _check(path: Path) -> None:
    try:
        check_archive(path)
    except AcquisitionError as error:
        raise AcquisitionError(f"{path.name} cannot be used. {error.message}") from error


def _provenance_of(folder: Path, cohort: CohortFacts) -> dict[str, Any]:
    by_hand = f"folder {cohort.raw_folder}, put there by hand"
    return read_provenance(folder) or write_provenance(folder, by_hand, synthetic=False)


def _how_to_get(cohort: CohortFacts, raw_root: Path, looked: str, failed: str | None) -> str:
    folder, zipped = raw_root / cohort.raw_folder, f"{cohort.archive}.zip"
    if is_one_file(cohort):
        put, holds = f"put the file {cohort.inside} into {folder}", f"{zipped} or {cohort.inside}"
    else:
        put, holds = f"put the folder {folder.name} into {folder.parent}", zipped
    ways = [
        f"{put};",
        f"name a folder that holds {holds} by S3F_ARCHIVES=<folder> or --params=archives=<folder> "
        f"({looked});",
    ]
    if failed:
        ways.append(
            f"download it from {cohort.source} ({cohort.licence}) and do 1 or 2, or let the pipeline "
            f"download it: {failed}"
        )
    numbered = "\n".join(f"  {number}. {way}" for number, way in enumerate(ways, start=1))
    return (
        f"The images of '{cohort.title}' are not here. Do one of these {len(ways)}, then run "
        f"kedro run --pipeline={cohort.name}_acquire:\n{numbered}\n"
        f"To try the project without data: kedro run --env=demo --pipeline={cohort.name}_spatial"
    )
