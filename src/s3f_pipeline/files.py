"""Writing files so that a file that exists is whole."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from s3f_pipeline.spelling import compose


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
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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
