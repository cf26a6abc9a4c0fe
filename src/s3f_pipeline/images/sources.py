"""From the paths of a listing to what is decoded: a file's bytes, or pixels in a NumPy archive."""

import lzma
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO

import numpy as np

from s3f_pipeline.errors import ImageError

ARCHIVE = ".npz/"


def image_sources(folder: Path, paths: Iterable[str]) -> Iterator[Path | np.ndarray]:
    """Yield for each path, in order, the file to read, or the pixels of an archived image.

    An archived image has the path ``<file>.npz/<member>/<number>``. Archives are read as streams, one
    image at a time, so that memory does not grow with them; numbers of one member must rise.

    Args:
        folder: The raw folder.
        paths: Relative to it, with forward slashes.

    Raises:
        ImageError: If an archive is damaged, or numbers do not rise.
    """
    for name, group in groupby(paths, key=lambda path: path.rsplit("/", 1)[0] if ARCHIVE in path else None):
        if name is None:
            yield from (folder / path for path in group)
        else:
            numbers = (int(path.rsplit("/", 1)[1]) for path in group)
            yield from _archived_images(folder, name, numbers)


def _archived_images(folder: Path, name: str, numbers: Iterable[int]) -> Iterator[np.ndarray]:
    """Read images of one array, (N, H, W) or (N, H, W, 3), as (H, W, 1) or (H, W, 3)."""
    file, member = name.rsplit("/", 1)
    with (
        _readable(folder / file),
        zipfile.ZipFile(folder / file) as archive,
        archive.open(f"{member}.npy") as stream,
    ):
        shape = _read_shape(stream)[1:]
        position = 0
        for number in numbers:
            if number < position:
                raise ImageError(f"Images of {name} are listed out of order: {number} after {position - 1}.")
            while position <= number:
                data = stream.read(math.prod(shape))
                position += 1
            yield np.frombuffer(data, np.uint8).reshape(*shape[:2], -1)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turn what a damaged archive raises into one message."""
    try:
        yield
    except (EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise ImageError(f"{file} is damaged ({error}). Get it again.") from error


def _read_shape(stream: IO[bytes]) -> tuple[int, ...]:
    version = np.lib.format.read_magic(stream)
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    return read_header(stream)[0]
