"""Headers of NumPy arrays, read before memory is taken for what they promise."""

import lzma
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

import numpy as np

UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    ValueError,
    OverflowError,
    SyntaxError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What reading a damaged ``.npz`` file raises."""


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
    if version == (1, 0):
        header = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        header = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"a NumPy array of version {version[0]}.{version[1]}")
    return ArrayHeader(*header)
