"""What a training must remember to go on exactly where it was, in files."""

import json
import logging
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from s3f_pipeline.files import atomic_path

KEPT = 2
"""States that stay: should the last one be damaged, the one before it is there."""
FACTS, VARIABLE, BEST = "facts", "variable.", "best."
"""What the arrays of a file are called; the last two with numbers."""
FILE_NAME = re.compile(r"epoch-(\d{6})\.npz")
UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged archive raises; RuntimeError for kinds of compression that do not exist."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingState:
    """The state of a training at the end of an epoch.

    It is all that the epochs to come depend on: the order of batches follows from seed and epoch alone.

    Attributes:
        history: One row of figures per epoch.
        variables: Weights, random generators and optimizer.
        best_weights: Those of the best epoch.
        circumstances: What the bits depend on besides.
    """

    history: list[dict[str, float]]
    variables: list[np.ndarray]
    best_weights: list[np.ndarray]
    circumstances: dict[str, str]

    @property
    def epoch(self) -> int:
        """Epochs that are done."""
        return len(self.history)


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
        facts = {"history": state.history, "circumstances": state.circumstances}
        arrays = {
            **{f"{VARIABLE}{number}": array for number, array in enumerate(state.variables)},
            **{f"{BEST}{number}": array for number, array in enumerate(state.best_weights)},
            FACTS: np.frombuffer(json.dumps(facts).encode(), np.uint8),
        }
        with (
            atomic_path(self._folder / f"epoch-{state.epoch:06d}.npz") as temporary,
            temporary.open("wb") as file,
        ):
            np.savez(file, allow_pickle=False, **arrays)
        for path in self._files()[:-KEPT]:
            path.unlink()

    def latest(self) -> TrainingState | None:
        """Read the last state that is whole, ``None`` if there is none."""
        for path in reversed(self._files()):
            try:
                return _read(path)
            except UNREADABLE as error:
                logger.warning("%s is damaged, or of another release: it is passed over.", path)
                logger.debug("%s cannot be read", path, exc_info=error)
        return None

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if FILE_NAME.fullmatch(path.name))


def _read(path: Path) -> TrainingState:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    facts = json.loads(arrays.pop(FACTS).tobytes())
    variables, best_weights = (
        [arrays[f"{kind}{number}"] for number in range(sum(name.startswith(kind) for name in arrays))]
        for kind in (VARIABLE, BEST)
    )
    return TrainingState(facts["history"], variables, best_weights, facts["circumstances"])
