"""Headers of NumPy arrays, read before memory is taken for what they promise."""

import lzma
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import IO

import numpy as np

UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    ValueError,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What reading a damaged ``.npz`` file raises."""

LENGTHS = {(1, 0): 2, (2, 0): 4}
"""Bytes of the length of the header, by version of the format."""
LONGEST = 10_000
"""Bytes of a header, which NumPy reads before it looks at their number."""


@dataclass(frozen=True)
class ArrayHeader:
    """What the header of a ``.npy`` file says.

    Attributes:
        shape: Of the array.
        is_fortran: Whether the first axis runs fastest.
        dtype: Of its values.
    """

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype


def read_array_header(stream: IO[bytes]) -> ArrayHeader:
    """Read the header of a ``.npy`` stream, up to the first value.

    Raises:
        ValueError: If it is damaged or of an unknown version.
    """
    version = np.lib.format.read_magic(stream)
    if version not in LENGTHS:
        raise ValueError(f"a NumPy array of version {version[0]}.{version[1]}")
    size = LENGTHS[version]
    length = stream.read(size)
    if int.from_bytes(length, "little") > LONGEST:
        raise ValueError("a NumPy array with an endless header")
    header = BytesIO(length + stream.read(int.from_bytes(length, "little")))
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        return ArrayHeader(*read(header))
    except Exception as error:  # it is evaluated as Python's literals, which leads to any
        raise ValueError("a NumPy array with a damaged header") from error
