"""A ``.keras`` file, opened as data: a zip file of two JSON files and one HDF5 file."""

import json
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Never

from s3f_pipeline.errors import WeightsError
from s3f_pipeline.files import content_hash

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
MOST_BYTES = {METADATA: 64 * 1024, CONFIG: 4 * 2**20}
MOST_EXPANSION = 100
"""Unpacked bytes per packed byte; Keras does not pack at all."""
MOST_ENTRIES, MOST_BYTES_OF_DIRECTORY = 16, 64 * 1024
END, END_OF_64 = b"PK\5\6", b"PK\6\7"
LENGTH_OF_END, LONGEST_COMMENT = 22, 2**16
LONGEST_VERSION = 40
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)
"""What ``zipfile`` raises at bytes that are none of a zip file, or were changed."""
GET_AGAIN = "Get the file again from its publisher."


@dataclass(frozen=True)
class KerasFile:
    """What a ``.keras`` file says of itself.

    Attributes:
        path: Where it lies.
        keras_version: That wrote it, as it says.
        config: Content of ``config.json``.
        weights_size: Bytes of ``model.weights.h5``.
    """

    path: Path
    keras_version: str
    config: Mapping[str, Any]
    weights_size: int

    @property
    def sha256(self) -> str:
        """Hash of its bytes."""
        return content_hash(self.path)

    @contextmanager
    def weights(self, most_bytes: int) -> Iterator[IO[bytes]]:
        """Unpack ``model.weights.h5`` to a file without a name, which its checksum says is whole.

        Args:
            most_bytes: That it may have.

        Raises:
            WeightsError: If it is larger, or damaged.
        """
        with tempfile.TemporaryFile() as unpacked:
            if self.weights_size > most_bytes:
                raise WeightsError(
                    f"{self.path}: {WEIGHTS} has {self.weights_size:,} bytes, and the weights of this "
                    f"network, with the state of their optimiser, at most {most_bytes:,}. {GET_AGAIN}"
                )
            with _opened(self.path) as archive, archive.open(WEIGHTS) as packed:
                shutil.copyfileobj(packed, unpacked, 2**20)
            unpacked.seek(0)
            yield unpacked


def read_keras_file(path: Path) -> KerasFile:
    """Open a file and read what it says of itself, but no weights.

    Raises:
        WeightsError: If it is no ``.keras`` file, is damaged, or could not be read in bounded memory.
    """
    if not path.is_file():
        raise WeightsError(f"weights={path}: there is no such file. Paths begin at {Path.cwd()}.")
    with _opened(path) as archive:
        metadata, config = (_json(path, archive, name) for name in (METADATA, CONFIG))
        size = archive.getinfo(WEIGHTS).file_size
    version = metadata.get("keras_version")
    told = version if isinstance(version, str) and version.isprintable() else "unknown"
    return KerasFile(path, told[:LONGEST_VERSION], config, size)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file whose entries are those of a ``.keras`` file."""
    try:
        _require_small_directory(path)
        with zipfile.ZipFile(path) as archive:
            _require_members(path, archive.infolist())
            yield archive
    except DAMAGED as error:
        raise WeightsError(f"{path} is damaged, or no .keras file ({_reason(error)}). {GET_AGAIN}") from error


def _require_small_directory(path: Path) -> None:
    """Refuse a directory that would take much memory, before all of it is read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - LENGTH_OF_END - LONGEST_COMMENT))
        tail = file.read()
    start = tail.rfind(END)
    if start < 0 or len(tail) - start < LENGTH_OF_END:
        raise zipfile.BadZipFile("the end of a zip file is missing")
    entries, directory = struct.unpack_from("<HL", tail, start + 10)
    if END_OF_64 in tail[:start][-LENGTH_OF_END:] or entries > MOST_ENTRIES:
        raise WeightsError(f"{path} holds more than a .keras file does. {GET_AGAIN}")
    if directory > MOST_BYTES_OF_DIRECTORY:
        raise WeightsError(f"{path} has a directory of {directory:,} bytes. {GET_AGAIN}")


def _require_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if foreign := sorted(set(names) - {METADATA, CONFIG, WEIGHTS}):
        raise WeightsError(
            f"{path} holds {foreign[0]!r:.99}, which the file of a network does not. {GET_AGAIN}"
        )
    for name in (METADATA, CONFIG, WEIGHTS):
        if names.count(name) != 1:
            raise WeightsError(
                f"{path} is no whole .keras file: it holds {names.count(name)} {name}. {GET_AGAIN}"
            )
    for member in members:
        if member.flag_bits & 1:
            raise WeightsError(f"{path}: {member.filename} is encrypted. {GET_AGAIN}")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise WeightsError(f"{path}: {member.filename} is packed as Keras never does. {GET_AGAIN}")
        too_large = member.file_size > MOST_BYTES.get(member.filename, member.file_size)
        if too_large or member.file_size > MOST_EXPANSION * max(member.compress_size, 1):
            raise WeightsError(
                f"{path}: {member.filename} would take {member.file_size:,} bytes unpacked, from "
                f"{member.compress_size:,}. {GET_AGAIN}"
            )


def _json(path: Path, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    with archive.open(name) as file:
        text = file.read(MOST_BYTES[name])  # a number of bytes, else a bomb is unpacked before it is cut
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WeightsError(f"{path}: {name} is no JSON. {GET_AGAIN}") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: {name} holds no names and values. {GET_AGAIN}")
    return content


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no number")


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:120]
