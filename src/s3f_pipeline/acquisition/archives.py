"""Unpacking an archive, safely and whole."""

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from s3f_pipeline.errors import AcquisitionError

MAX_EXPANSION = 200
"""Unpacked bytes per packed byte above which an archive is refused; image archives expand by 1 to 5."""


def unpack(
    archive: Path, raw_root: Path, folder: str, complete: Callable[[Path], Any] = lambda unpacked: None
) -> Path:
    """Unpack the folder ``folder`` of a zip file to ``raw_root / folder``.

    The folder appears only when every file of it has been unpacked and its checksum has been verified.

    Args:
        archive: A zip file that holds ``folder`` at its top.
        raw_root: Where raw folders lie.
        folder: Name of the folder.
        complete: Called with the unpacked folder before it appears, to add what belongs to it.

    Returns:
        The path of the unpacked folder.

    Raises:
        AcquisitionError: If the archive is damaged, does not hold the folder, or is not safe to unpack
            (absolute names, names with ``..``, links, absurd expansion).
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [_checked(archive, member) for member in opened.infolist()]
            members = [m for m in members if PurePosixPath(m.filename).parts[:1] == (folder,)]
            if not any(not member.is_dir() for member in members):
                raise AcquisitionError(
                    f"{archive} holds no folder '{folder}'. Pack the data set so that '{folder}/…' is at "
                    f"the top of the zip file, as it is published."
                )
            return _extract(opened, members, raw_root, folder, complete)
    except zipfile.BadZipFile as error:
        raise AcquisitionError(
            f"{archive} is damaged or not a zip file ({error}). Get it again; nothing was unpacked."
        ) from error


def _checked(archive: Path, member: zipfile.ZipInfo) -> zipfile.ZipInfo:
    name = PurePosixPath(member.filename)
    link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or "\\" in member.filename or link:
        raise AcquisitionError(
            f"{archive} is not safe to unpack: its entry '{member.filename}' is a link or points outside "
            f"the archive. Get the archive from its publisher; nothing was unpacked."
        )
    if member.file_size > MAX_EXPANSION * max(member.compress_size, 1024):
        raise AcquisitionError(
            f"{archive} is not safe to unpack: its entry '{member.filename}' expands to "
            f"{member.file_size} bytes. Get the archive from its publisher; nothing was unpacked."
        )
    return member


def _extract(
    opened: zipfile.ZipFile,
    members: list[zipfile.ZipInfo],
    raw_root: Path,
    folder: str,
    complete: Callable[[Path], Any],
) -> Path:
    raw_root.mkdir(parents=True, exist_ok=True)
    for stale in raw_root.glob(f".{folder}.partial-*"):
        shutil.rmtree(stale)
    with tempfile.TemporaryDirectory(prefix=f".{folder}.partial-", dir=raw_root) as temporary:
        opened.extractall(temporary, members)
        complete(Path(temporary, folder))
        return Path(temporary, folder).rename(raw_root / folder)
