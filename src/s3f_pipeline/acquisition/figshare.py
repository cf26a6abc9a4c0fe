"""Data sets of figshare, by their DOI."""

import hashlib
import re
from pathlib import Path
from typing import Any

from s3f_pipeline.acquisition.archives import unpack_whole
from s3f_pipeline.acquisition.download import fetch, get_json
from s3f_pipeline.errors import AcquisitionError

SERVER = "https://api.figshare.com"
MOST_FILES = "1000"
UNPACKED = ".{}.unpacked"
"""Name of the file that stands for an archive which has been unpacked, until all files have come."""


def fetch_article(doi: str, folder: Path, server: str = SERVER) -> None:
    """Download all files of a data set, and unpack zip files (public API of figshare, version 2).

    After an interruption what has come is not fetched again.

    Args:
        doi: Such as ``10.6084/m9.figshare.1512427``, with or without a version.
        folder: Where the files are put.
        server: Address of the API.

    Raises:
        AcquisitionError: If the server gives no answer, a file cannot be had, or has another MD5 than the
            server says.
    """
    found = re.search(r"figshare\.(\d+)(?:\.v(\d+))?$", doi)
    if found is None:
        raise AcquisitionError(f"'{doi}' is no DOI of figshare. It ends in figshare.<number>.")
    article, version = found.groups()
    if version:
        answer = get_json(f"{server}/v2/articles/{article}/versions/{version}")
    else:
        answer = {"files": get_json(f"{server}/v2/articles/{article}/files", page_size=MOST_FILES)}
    try:
        listed: list[dict[str, Any]] = answer["files"]
        wanted = [(_name_of(file), file["download_url"], _md5(file)) for file in listed]
    except (KeyError, TypeError, ValueError) as error:
        raise AcquisitionError(f"The answer of {server} about {doi} has another form than known.") from error
    if not wanted:
        raise AcquisitionError(f"The data set {doi} at {server} has no files.")
    for name, address, md5 in wanted:
        _get(address, folder, name, md5)
    for marker in folder.glob(UNPACKED.format("*")):
        marker.unlink()


def _get(address: str, folder: Path, name: str, md5: str | None) -> None:
    target = folder / name
    unpacked = folder / UNPACKED.format(name)
    if unpacked.is_file():
        return
    if not target.is_file():
        fetch(address, target, check=lambda path: _check(path, md5))
    if target.suffix == ".zip":
        unpack_whole(target, folder)
        unpacked.touch()
        target.unlink()


def _name_of(file: dict[str, Any]) -> str:
    """Name of a file as one inside our folder, whatever the server says."""
    name = Path(str(file["name"])).name
    if not name.strip(". ") or "\0" in name:
        raise ValueError(name)
    return name


def _md5(file: dict[str, Any]) -> str | None:
    return file.get("supplied_md5") or file.get("computed_md5")


def _check(path: Path, expected: str | None) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if expected and found != expected:
        raise AcquisitionError(f"Its MD5 is {found}, and should be {expected}. Try again later.")
