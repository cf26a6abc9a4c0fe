"""Writing files so that a file that exists is whole, and telling whether it still is."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath

from s3f_pipeline.spelling import compose

OWNER = "stage.txt"
"""In a scratch folder: to what its content belongs."""


def temporary_path(path: Path) -> Path:
    """Name the file beside ``path`` under which it is written until it is whole."""
    return path.with_name(f".{path.stem}.partial{path.suffix}")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; it takes the place of ``path`` if the block succeeds.

    The folder is made if it is missing. What a killed process left is overwritten, and after an
    exception nothing stays behind. The ending is kept, because Keras looks at it.

    Example:
        >>> with atomic_path(Path("metrics.json")) as temporary:
        ...     temporary.write_text("{}")
        2
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path``; with all its files it takes the place of ``path`` afterwards.

    An earlier folder is there until the new one is whole. What a killed process left is removed, and after an
    exception nothing stays behind.

    Example:
        >>> with atomic_folder(Path("bundle")) as folder:
        ...     (folder / "model_card.md").write_text("")
        0
    """
    temporary, old = path.with_name(f".{path.name}.partial"), path.with_name(f".{path.name}.old")
    for left in (temporary, old):
        shutil.rmtree(left, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for inside in (*temporary.rglob("*"), temporary):
            _sync(inside)
        if path.exists():
            path.rename(old)
        temporary.rename(path)
        _sync(path.parent)
    finally:
        for left in (temporary, old):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def removed_after_errors(*temporaries: Path) -> Iterator[None]:
    """Take temporary files away if the block that writes and publishes them fails."""
    try:
        yield
    except BaseException:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)
        raise


def begin_scratch(folder: Path, owner: str) -> None:
    """Keep what a folder holds if it belongs to this owner, else let it be empty but for the owner's name.

    Args:
        folder: In which unfinished work keeps what it needs to go on; made if it is missing.
        owner: Of the work, such as a fingerprint of all that it depends on.
    """
    told = folder / OWNER
    if not (told.is_file() and told.read_bytes() == owner.encode()):
        if folder.exists():
            shutil.rmtree(folder)  # what cannot be removed is an error, as it would be taken for current
        with atomic_path(told) as temporary:
            temporary.write_text(owner, encoding="utf-8")


def require_writable(path: Path) -> None:
    """Check that a file can be written, before the work whose result it shall hold; its folder is made.

    Raises:
        OSError: As writing would: there is a folder in its place, or its folder cannot be written to.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    temporary.touch()
    temporary.unlink()


def on_disk(folder: Path, name: str) -> Path:
    """Find a file or folder by its name, which the disk may have decomposed (``Ö`` as ``O`` and a mark).

    Args:
        folder: Where it is.
        name: Relative to ``folder``, with forward slashes.

    Returns:
        Its path as it is on disk; ``folder / name`` where there is none, or more than one.
    """
    path = folder
    for part in PurePosixPath(name).parts:
        if not (path / part).exists() and path.is_dir():
            same = [found.name for found in path.iterdir() if compose(found.name) == compose(part)]
            part = same[0] if len(same) == 1 else part
        path = path / part
    return path


def stays_inside(path: str) -> bool:
    """Whether a path with forward slashes is relative, and cannot lead out of the folder it is joined to."""
    posix = PurePosixPath(path)
    return not (posix.is_absolute() or PureWindowsPath(path).drive or ".." in posix.parts)


def publish(temporary: Path, path: Path) -> None:
    """Give a finished temporary file its name, after its bytes have reached the disk."""
    _sync(temporary)
    temporary.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path | str) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hash(path: Path) -> str:
    """SHA-256 of a file, computed once per process until its size or one of its times changes."""
    status = path.stat()
    return _hash_once(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@lru_cache(maxsize=1024)
def _hash_once(path: Path, size: int, mtime_ns: int, ctime_ns: int) -> str:
    return sha256_of(path)


@dataclass(frozen=True)
class FileContent:
    """What a file held when it was written, to tell later whether it still does.

    Attributes:
        size: Bytes.
        mtime_ns: Time of the last change of the content, which tools can set.
        ctime_ns: Time of the last change of content or status, which they cannot.
        sha256: Hash of the bytes.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "FileContent":
        """Look at a file."""
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, content_hash(path))

    def difference(self, path: Path, *, hashed: bool = False) -> str | None:
        """Say what has become of the file, as the end of a sentence; ``None`` if nothing has.

        A file of the same size and times is taken for the same; with other times its bytes decide, so that
        what was restored or copied counts as whole.

        Args:
            path: Where the file lies.
            hashed: The bytes decide in any case.
        """
        if not path.is_file():
            return "is missing"
        status = path.stat()
        if status.st_size == 0 < self.size:
            return "is empty"
        if status.st_size != self.size:
            verb = "cut short or changed" if status.st_size < self.size else "changed"
            return f"was {verb} after it was written ({status.st_size} bytes, not {self.size})"
        if not hashed and (status.st_mtime_ns, status.st_ctime_ns) == (self.mtime_ns, self.ctime_ns):
            return None
        return None if content_hash(path) == self.sha256 else "was changed after it was written"
