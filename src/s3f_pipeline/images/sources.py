"""From the paths of a listing to what is decoded: a file's bytes, or pixels in a NumPy archive."""

import math
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO

import numpy as np

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.levels import DEFAULT_MAX_PIXELS, check_size
from s3f_pipeline.images.numpy_files import UNREADABLE, read_array_header

ARCHIVE = ".npz/"


def image_sources(
    folder: Path, paths: Iterable[str], max_pixels: int = DEFAULT_MAX_PIXELS
) -> Iterator[Path | np.ndarray]:
    """Yield for each path, in order, the file to read, or the pixels of an archived image.

    An archived image has the path ``<file>.npz/<member>/<number>``. Archives are read as streams, one
    image at a time, so that memory does not grow with them; numbers of one member must rise.

    Args:
        folder: The raw folder.
        paths: Relative to it, with forward slashes.
        max_pixels: Of one image; an archive of larger ones is refused.

    Raises:
        ImageError: If an archive is damaged, has pixels in another order, or numbers do not rise.
    """
    for name, of_one in groupby(paths, key=lambda path: path.rsplit("/", 1)[0] if ARCHIVE in path else None):
        if name is None:
            yield from (folder / path for path in of_one)
        else:
            numbers = (int(path.rsplit("/", 1)[1]) for path in of_one)
            yield from _archived_images(folder, name, numbers, max_pixels)


def _archived_images(
    folder: Path, name: str, numbers: Iterable[int], max_pixels: int
) -> Iterator[np.ndarray]:
    """Read images of one array, (N, H, W) or (N, H, W, 3), as (H, W, 1) or (H, W, 3)."""
    file, member = name.rsplit("/", 1)
    with (
        _readable(folder / file),
        zipfile.ZipFile(folder / file) as archive,
        archive.open(f"{member}.npy") as stream,
    ):
        shape = _image_shape(stream, name, max_pixels)
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
    except UNREADABLE as error:
        raise ImageError(f"{file} is damaged ({error}). Get it again.") from error


def _image_shape(stream: IO[bytes], name: str, max_pixels: int) -> tuple[int, ...]:
    """Read the header of an array of images, up to its pixels."""
    header = read_array_header(stream)
    shape = header.shape[1:]
    if header.dtype != np.uint8 or len(shape) not in (2, 3):
        raise ImageError(f"{name} has images of shape {shape} and type {header.dtype}, expected is uint8.")
    if header.is_fortran:
        raise ImageError(
            f"{name} is stored in Fortran order, in which an image is not in one piece: save it again with "
            f"numpy.ascontiguousarray."
        )
    check_size(shape[0], shape[1], most=max_pixels)
    return shape
