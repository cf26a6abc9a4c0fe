"""The numbers of a file of weights, read by name and shape."""

import math
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO

import h5py
import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.bundle.keras_file import GET_AGAIN, WEIGHTS, KerasFile
from s3f_pipeline.errors import WeightsError

LAYERS = "layers"
SEED_OF_DROPOUT = "seed_generator/vars"
MOST_ENTRIES = 4096
MOST_NAMED = 5
BYTES_OF_NUMBER = 4
NUMBERS_PER_WEIGHT = 4
"""That a file holds at most: the weight itself, and two or three of an optimiser."""
BYTES_BESIDES = 16 * 2**20
DAMAGED = (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError, AttributeError)
"""What h5py raises at files that are none of HDF5, or whose bytes were changed."""


@dataclass(frozen=True)
class Wanted:
    """A tensor that a network has.

    Attributes:
        shape: That it must have.
        title: What messages call it, such as ``kernel of 'conv2d_3'``.
    """

    shape: tuple[int, ...]
    title: str


def read_tensors(file: KerasFile, wanted: Mapping[str, Wanted]) -> dict[str, NDArray[np.float32]]:
    """Read tensors, after all of them were looked at.

    Args:
        file: Whose weights.
        wanted: By path in it, such as ``layers/conv2d_3/vars/0``.

    Raises:
        WeightsError: Naming the tensors that are missing, of another shape, foreign, or not plain numbers.
    """
    numbers = sum(math.prod(each.shape) for each in wanted.values())
    most_bytes = BYTES_OF_NUMBER * NUMBERS_PER_WEIGHT * numbers + BYTES_BESIDES
    with file.weights(most_bytes) as unpacked, _opened(file, unpacked) as store:
        if problems := list(_problems(store, wanted)):
            more = f"; and {len(problems) - MOST_NAMED} more" if len(problems) > MOST_NAMED else ""
            raise WeightsError(
                f"{file.path} has not the weights of this network: {'; '.join(problems[:MOST_NAMED])}{more}. "
                f"{GET_AGAIN}"
            )
        return {path: _finite(file, path, np.asarray(store[path][()])) for path in wanted}


@contextmanager
def _opened(file: KerasFile, unpacked: IO[bytes]) -> Iterator[h5py.File]:
    try:
        with h5py.File(unpacked, "r") as store:
            yield store
    except DAMAGED as error:
        raise WeightsError(f"{file.path}: {WEIGHTS} is damaged, or no HDF5 file. {GET_AGAIN}") from error


def _problems(store: h5py.File, wanted: Mapping[str, Wanted]) -> Iterator[str]:
    """What is wrong with the tensors, each as a part of a sentence."""
    found = dict(_entries(store))
    for path in sorted(found.keys() - wanted.keys()):
        if isinstance(what := found[path], str):
            yield f"{path:.99} {what}"
        elif not path.rpartition("/")[0].endswith(SEED_OF_DROPOUT):
            yield f"{path:.99} is foreign"
    for path, tensor in wanted.items():
        problem = _problem(found[path], tensor.shape) if path in found else "is missing"
        if problem:
            yield f"{path} ({tensor.title}) {problem}"


def _entries(store: h5py.File) -> Iterator[tuple[str, h5py.Dataset | str]]:
    """All below the layers that is no folder, by path: a data set, or what is wrong with it."""
    folders = deque([LAYERS])
    for _ in range(MOST_ENTRIES):
        if not folders:
            return
        path = folders.popleft()
        link = store.get(path, getlink=True)
        if not isinstance(link, h5py.HardLink):
            yield path, "is a link to elsewhere" if link else "is missing"
            continue
        entry = store[path]
        if isinstance(entry, h5py.Group):
            folders += [f"{path}/{name}" for name in islice(entry, MOST_ENTRIES)]
        else:
            yield path, entry
    yield LAYERS, "has thousands of entries"


def _finite(file: KerasFile, path: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(values).all():
        raise WeightsError(f"{file.path}: {path} holds values that are no finite numbers. {GET_AGAIN}")
    return values


def _problem(entry: h5py.Dataset | str, shape: tuple[int, ...]) -> str | None:
    """Say why the numbers of a tensor are not read, ``None`` if they are."""
    if not isinstance(entry, h5py.Dataset):
        return entry if isinstance(entry, str) else "is no data set"
    if entry.external or entry.is_virtual:
        return "lies in another file"
    if entry.shape != shape:
        return f"has the shape {entry.shape}, and {shape} is expected"
    if entry.dtype != np.float32:
        return f"holds {entry.dtype}, and float32 is expected"
    if entry.chunks is not None or entry.id.get_storage_size() != entry.nbytes:
        return "is not stored as plain numbers"
    return None
