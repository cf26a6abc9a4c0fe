"""Downloading a cohort: from Kaggle, figshare, a Dataverse, or file by file."""

import glob
import logging
import lzma
import shutil
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

from s3f_pipeline.acquisition.dataverse import find_file
from s3f_pipeline.acquisition.download import ATTEMPTS, fetch
from s3f_pipeline.acquisition.figshare import fetch_article
from s3f_pipeline.acquisition.kaggle import fetch_dataset
from s3f_pipeline.acquisition.pins import pin
from s3f_pipeline.acquisition.provenance import tree_hash, write_provenance
from s3f_pipeline.config.schema import CohortFacts
from s3f_pipeline.credentials import shown_uri
from s3f_pipeline.errors import AcquisitionError
from s3f_pipeline.files import sha256_of

logger = logging.getLogger(__name__)
DOI = "doi:"


def download(cohort: CohortFacts, raw_root: Path) -> None:
    """Download a cohort into its raw folder, which appears when it is whole.

    Until then it waits in a hidden folder beside it, where a later attempt goes on.

    Raises:
        AcquisitionError: If it cannot be had.
    """
    folder = raw_root / cohort.raw_folder
    waiting = folder.with_name(f".{folder.name}.download")
    if cohort.download.kaggle:
        source = f"kaggle {cohort.download.kaggle}"
        whole = fetch_dataset(cohort.download.kaggle, waiting, Path(cohort.inside).name)
    elif cohort.download.figshare:
        source, whole = f"figshare {cohort.download.figshare}", waiting
        fetch_article(cohort.download.figshare, waiting)
    else:
        source, whole = f"download {cohort.source}", waiting
        for name, address in cohort.download.files.items():
            if not (waiting / name).is_file():
                fetch_file(address, waiting / name)
    write_provenance(whole, source, synthetic=False, sha256=tree_hash(whole))
    _put(whole, folder)
    shutil.rmtree(waiting, ignore_errors=True)


def can_download(cohort: CohortFacts) -> bool:
    """Whether the configuration says where the cohort can be fetched from."""
    return bool(cohort.download.kaggle or cohort.download.figshare or cohort.download.files)


def complement(cohort: CohortFacts, folder: Path) -> None:
    """Fetch the single files that a raw folder of many files lacks, such as the table of lesions.

    Each is remembered like a source of its own (``pin``). What cannot be had is a warning: the reader says
    what it needs.
    """
    for name, address in cohort.download.files.items():
        if any((folder / name).parent.glob(f"{glob.escape(Path(name).stem)}*")):
            continue
        logger.info("%s lacks %s: downloading", folder, name)
        try:
            fetch_file(address, folder / name, attempts=1)
        except (AcquisitionError, OSError) as error:  # OSError: on a read-only share
            logger.warning("%s could not be downloaded: %s", name, error)
        else:
            date = datetime.now(UTC).date().isoformat()
            source = {
                "source": f"download {shown_uri(address)}",
                "date": date,
                "sha256": sha256_of(folder / name),
            }
            pin(folder.parent, f"{folder.name}.{name.replace('/', '.')}", source)


def fetch_file(address: str, target: Path, attempts: int = ATTEMPTS) -> None:
    """Fetch a file by its URL, or by ``doi:<data set> <file name without ending>``.

    Raises:
        AcquisitionError: If it cannot be had, or is a damaged archive, or a web page.
    """
    if address.startswith(DOI):
        doi, _, name = address.partition(" ")
        address = find_file(doi, name)
    check = check_archive if target.suffix in (".npz", ".zip") else _check_table
    fetch(address, target, check=check, attempts=attempts)


def check_archive(path: Path) -> None:
    """Check that a zip or npz file is whole.

    Raises:
        AcquisitionError: If it is damaged, or something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError) as error:
        with path.open("rb") as file:
            beginning = file.read(40)
        raise AcquisitionError(
            f"It is damaged or no archive ({error}): it begins with {beginning!r}. Get it again."
        ) from error
    if damaged:
        raise AcquisitionError(f"It is damaged: {damaged} has another checksum than it should. Get it again.")


def _check_table(path: Path) -> None:
    if path.read_bytes()[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise AcquisitionError("What came is a web page, not a table. Try again later.")


def _put(whole: Path, folder: Path) -> None:
    """Move a whole folder into place, or its files into a folder that is there."""
    if folder.is_dir():
        for path in sorted(whole.iterdir()):
            if not path.name.startswith("."):
                path.replace(folder / path.name)
        return
    try:
        whole.rename(folder)
    except OSError:  # on another file system, or read-only as in a Kaggle notebook
        copy = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(whole, copy)
        copy.rename(folder)
