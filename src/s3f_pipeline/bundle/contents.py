"""The files of a bundle, and its checksums."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from s3f_pipeline.errors import BundleError
from s3f_pipeline.files import atomic_folder, sha256_of, stays_inside

MODEL, CHECKSUMS = "model.keras", "checksums.json"
PREPROCESSING, CARD, LICENCE = "preprocessing.json", "model_card.md", "LICENCE.txt"
VERSION_KEY, VERSION = "schema_version", 1
MOST_FILES = 64
MOST_BYTES_OF_CHECKSUMS = 64 * 1024


def write_bundle(folder: Path, model: Path, files: Mapping[str, bytes]) -> None:
    """Write a bundle, which is there whole or not at all.

    The network is a hard link to its file where the disk has such, else a copy: the bytes lie on the disk
    once. Files of ours are never changed in place, so a network that is trained anew leaves the one in the
    bundle as it was; if another program changes one in place, the checksums of both say so.

    Args:
        folder: Of the bundle.
        model: ``.keras`` file.
        files: Content of the others, by their path in the folder.
    """
    write_checked_folder(folder, files, linked={MODEL: model})


def write_checked_folder(
    folder: Path, files: Mapping[str, bytes], linked: Mapping[str, Path] = MappingProxyType({})
) -> None:
    """Write a folder with the checksums of its files, which is there whole or not at all.

    Args:
        folder: That takes the place of an earlier one.
        files: Content by path in the folder.
        linked: Files that are linked or copied into it, by path in the folder.
    """
    with atomic_folder(folder) as temporary:
        for name, content in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, source in linked.items():
            _link_or_copy(source, temporary / name)
        sums = {name: sha256_of(temporary / name) for name in (*files, *linked)}
        listed = {VERSION_KEY: VERSION, "sha256": dict(sorted(sums.items()))}
        (temporary / CHECKSUMS).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def read_checksums(folder: Path) -> dict[str, str]:
    """Read the SHA-256 of each file of a bundle, by its path in the folder.

    Raises:
        BundleError: If there are none, or they are not as they were written.
    """
    path = folder / CHECKSUMS
    if not path.is_file():
        raise BundleError(f"{folder} is no bundle: it has no {CHECKSUMS}.")
    if path.stat().st_size > MOST_BYTES_OF_CHECKSUMS:
        raise BundleError(f"{path} is too large. Get the bundle again.")
    try:
        content: Any = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is damaged: it is no JSON. Get the bundle again.") from error
    version = content.get(VERSION_KEY) if isinstance(content, dict) else None
    if version != VERSION:
        raise BundleError(f"{path} has schema version {version}, and this release reads {VERSION}.")
    sums = content.get("sha256")
    if not isinstance(sums, dict) or not 0 < len(sums) <= MOST_FILES:
        raise BundleError(f"{path} is damaged: it names no files, or too many. Get the bundle again.")
    return {str(name): str(value) for name, value in sums.items()}


def checksum_of(sums: Mapping[str, str]) -> str:
    """SHA-256 over all files of a bundle: the same for the same bundle, wherever it lies."""
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


def check_files(folder: Path, sums: Mapping[str, str]) -> None:
    """Compare the files of a folder with their checksums; what else lies there is used by nobody.

    Raises:
        BundleError: If one is missing, or is another one.
    """
    for name, expected in sorted(sums.items()):
        if not stays_inside(name) or not (folder / name).is_file():
            raise BundleError(f"{folder / name} is missing. Get the bundle again.")
        if sha256_of(folder / name) != expected:
            raise BundleError(f"{folder / name} is not what it was when the bundle was made. Get it again.")


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
