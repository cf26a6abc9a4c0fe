"""A NumPy file that grows row by row, so that memory holds one row and never the whole array."""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np


@contextmanager
def row_file(path: Path, most: int, row_shape: tuple[int, ...]) -> Iterator[Callable[[np.ndarray], None]]:
    """Write a ``.npy`` file of uint8 row after row; yields the function that appends a row.

    The room of all rows is reserved at once, so that a disk that is too full is known before the work.
    At the end of the block the file has the rows that were appended; after an exception it is gone.

    Args:
        path: Of the file; its folder is made if it is missing.
        most: Rows for which room is reserved.
        row_shape: Shape of a row.

    Raises:
        OSError: If the disk has no room, or cannot be written to.

    Example:
        >>> with row_file(Path("images.npy"), most=2, row_shape=(8, 8, 1)) as append:
        ...     append(np.zeros((8, 8, 1), np.uint8))
        >>> np.load("images.npy").shape
        (1, 8, 8, 1)
    """
    count = 0

    def append(row: np.ndarray) -> None:
        nonlocal count
        file.write(row.tobytes())
        count += 1

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        try:
            _write_header(file, most, row_shape)
            if hasattr(os, "posix_fallocate"):  # not on macOS
                os.posix_fallocate(file.fileno(), 0, file.tell() + most * math.prod(row_shape))
            yield append
            file.truncate()
            file.seek(0)
            _write_header(file, count, row_shape)
        except BaseException:
            path.unlink()
            raise


def _write_header(file: IO[bytes], count: int, row_shape: tuple[int, ...]) -> None:
    """NumPy pads headers, so that their length is the same for every count."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, *row_shape)}
    np.lib.format.write_array_header_1_0(file, header)
