"""What a training must remember to go on exactly where it was, in files."""

import json
import logging
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from s3f_pipeline.files import atomic_path

KEPT = 2
"""States that stay: should the last one be damaged, the one before it is there."""
FACTS = "facts"
FILE_NAME = re.compile(r"epoch-(\d{6})\.npz")
UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged archive raises; RuntimeError for kinds of compression that do not exist."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingState:
    """The state of a training at the end of an epoch.

    Attributes:
        epoch: Epochs that are done.
        arrays: Weights, optimizer and random generators, by name.
        facts: All else: what JSON can hold.
    """

    epoch: int
    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


class StateFolder:
    """The states of one training, one NumPy archive per state, without pickle.

    Args:
        folder: Where they lie; made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        """Remove what a killed process had not finished writing."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(".*.partial*"):
            path.unlink(missing_ok=True)

    def save(self, state: TrainingState) -> None:
        """Write a state; a file that is there is whole. Older states but one are removed."""
        facts = np.frombuffer(json.dumps(state.facts).encode(), np.uint8)
        with (
            atomic_path(self._folder / f"epoch-{state.epoch:06d}.npz") as temporary,
            temporary.open("wb") as file,
        ):
            np.savez(file, allow_pickle=False, **{**state.arrays, FACTS: facts})
        for path in self._files()[:-KEPT]:
            path.unlink()

    def latest(self) -> TrainingState | None:
        """Read the last state that is whole, ``None`` if there is none."""
        for path in reversed(self._files()):
            try:
                return _read(path)
            except UNREADABLE as error:
                logger.warning("%s is damaged: going on from an earlier state.", path)
                logger.debug("%s cannot be read", path, exc_info=error)
        return None

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if FILE_NAME.fullmatch(path.name))


def _read(path: Path) -> TrainingState:
    found = FILE_NAME.fullmatch(path.name)
    assert found is not None
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    facts = json.loads(arrays.pop(FACTS).tobytes())
    return TrainingState(int(found[1]), arrays, facts)
