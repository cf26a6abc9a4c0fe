"""Unpacking an archive, safely and whole."""

import errno
import glob
import lzma
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from tqdm import tqdm

from s3f_pipeline.errors import AcquisitionError
from s3f_pipeline.files import on_disk
from s3f_pipeline.spelling import compose

LEAST_PACKED = 1024
"""Bytes; a smaller archive is taken to be as large."""
MAX_EXPANSION = 200
"""Unpacked bytes per byte of the archive above which it is refused; image archives expand by 1 to 5."""
UNUSABLE_NAME = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR)


def unpack(
    archive: Path,
    raw_root: Path,
    inside: str,
    folder: str,
    complete: Callable[[Path], Any] = lambda unpacked: None,
) -> Path:
    """Unpack one folder, or the folder of one file, of a zip file to ``raw_root / folder``.

    The folder appears only when every file of it has been unpacked and its checksum has been verified.

    Args:
        archive: A zip file that holds ``inside`` at its top.
        raw_root: Where raw folders lie.
        inside: Path of a folder in it, which becomes ``folder``, or of a file, which is put into it.
        folder: Path of the folder below ``raw_root``.
        complete: Called with the unpacked folder before it appears, to add what belongs to it.

    Returns:
        The path of the unpacked folder.

    Raises:
        AcquisitionError: If the archive is damaged, does not hold the folder, or is not safe to unpack
            (absolute names, names with ``..``, links, absurd expansion).
    """
    with _readable(archive), zipfile.ZipFile(archive) as opened:
        members = [_checked(archive, member) for member in opened.infolist()]
        wanted = PurePosixPath(compose(inside)).parts
        members = [m for m in members if PurePosixPath(compose(m.filename)).parts[: len(wanted)] == wanted]
        if not any(not member.is_dir() for member in members):
            what = f"'{inside}' itself" if PurePosixPath(inside).suffix else "what it holds"
            raise AcquisitionError(
                f"{archive} holds no '{inside}'. Pack the data set so that '{inside}' is at the top of "
                f"the zip file, as it is published, or put {what} into {raw_root / folder}."
            )
        _refuse_same_names(archive, members)
        raw_root.mkdir(parents=True, exist_ok=True)
        _refuse_bombs(archive, members, raw_root)
        return _extract(opened, members, raw_root, inside, folder, complete)


def unpack_whole(archive: Path, folder: Path) -> None:
    """Unpack all of a zip file into a folder that is there.

    Raises:
        AcquisitionError: If the archive is damaged or not safe to unpack.
    """
    with _readable(archive), zipfile.ZipFile(archive) as opened:
        members = [_checked(archive, member) for member in opened.infolist()]
        _refuse_same_names(archive, members)
        _refuse_bombs(archive, members, folder)
        for member in tqdm(
            members, desc=f"Unpacking {archive.name}", unit="file", mininterval=0.5, disable=None
        ):
            opened.extract(member, folder)


@contextmanager
def _readable(archive: Path) -> Iterator[None]:
    """Turn what a damaged archive raises into one message."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, UnicodeError) as error:
        raise AcquisitionError(
            f"{archive} is damaged, encrypted or not a zip file ({error}). Get it again; nothing was "
            f"unpacked."
        ) from error
    except OSError as error:
        if error.errno not in UNUSABLE_NAME:
            raise
        raise AcquisitionError(
            f"{archive} holds a name that cannot be a file here: {error.strerror} ({error.filename}). Get "
            f"the archive from its publisher; nothing was unpacked."
        ) from error


def _checked(archive: Path, member: zipfile.ZipInfo) -> zipfile.ZipInfo:
    name = PurePosixPath(member.filename)
    link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or "\\" in member.filename or link:
        raise AcquisitionError(
            f"{archive} is not safe to unpack: its entry '{member.filename}' is a link or points outside "
            f"the archive. Get the archive from its publisher; nothing was unpacked."
        )
    return member


def _refuse_bombs(archive: Path, members: list[zipfile.ZipInfo], raw_root: Path) -> None:
    """Refuse what expands absurdly, and what the disk has no room for.

    Single images may expand: a black 16-bit slice is a thousand times smaller when packed.
    """
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_EXPANSION * max(archive.stat().st_size, LEAST_PACKED):
        raise AcquisitionError(
            f"{archive} is not safe to unpack: it expands to {unpacked} bytes. Get the archive from its "
            f"publisher; nothing was unpacked."
        )
    if unpacked > shutil.disk_usage(raw_root).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(raw_root))


def _refuse_same_names(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse names that would be one file, here or where case does not count."""
    counts = Counter(compose(member.filename).rstrip("/").casefold() for member in members)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise AcquisitionError(
            f"{archive} is not safe to unpack: it has more than one '{twice[0]}'. Get the archive from its "
            f"publisher; nothing was unpacked."
        )


def _extract(
    opened: zipfile.ZipFile,
    members: list[zipfile.ZipInfo],
    raw_root: Path,
    inside: str,
    folder: str,
    complete: Callable[[Path], Any],
) -> Path:
    target = raw_root / folder
    target.parent.mkdir(parents=True, exist_ok=True)
    for stale in target.parent.glob(f".{glob.escape(target.name)}.partial-*"):
        shutil.rmtree(stale)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.partial-", dir=target.parent) as temporary:
        unpacked = Path(temporary, "unpacked")
        for member in tqdm(members, desc=f"Unpacking {inside}", unit="file", mininterval=0.5, disable=None):
            opened.extract(member, unpacked)
        wanted = on_disk(unpacked, inside)
        whole = wanted if wanted.is_dir() else wanted.parent
        complete(whole)
        if target.is_dir():  # there, but without the file that is asked for
            for path in whole.iterdir():
                path.replace(target / path.name)
            return target
        return whole.rename(target)
