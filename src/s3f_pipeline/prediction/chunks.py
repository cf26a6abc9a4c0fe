"""Predictions in files of some hundred images each, so that none is made again after an interruption.

What is kept of an image belongs to its bytes and to the bundles; where the image lay does not count.
"""

import hashlib
import zipfile
from pathlib import Path

import numpy as np

from s3f_pipeline.files import atomic_path
from s3f_pipeline.prediction.ensemble import Arrays

UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
KEY, SHA256 = "key", "sha256"


class Chunks:
    """Files of predictions in a folder.

    Args:
        folder: Made when the first file is written.
        key: Of the bundles and of how files were read; files with another one are removed.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Read what is there and whole."""
        self._folder, self._key = folder, key
        self._arrays: list[Arrays] = []
        for path in sorted(folder.glob("*.npz")):
            if (arrays := self._read(path)) is None:
                path.unlink()
            else:
                self._arrays.append(arrays)
        self.known: set[str] = {sha256 for arrays in self._arrays for sha256 in arrays[SHA256].tolist()}

    def add(self, arrays: Arrays) -> None:
        """Write the predictions of some images, whose hashes are in ``sha256``."""
        names = arrays[SHA256].tolist()
        name = hashlib.sha256("".join(names).encode()).hexdigest()[:16]
        with atomic_path(self._folder / f"{name}.npz") as temporary:
            np.savez(temporary, allow_pickle=False, **{KEY: np.array(self._key)}, **arrays)
        self._arrays.append(arrays)
        self.known.update(names)

    def of(self, hashes: list[str]) -> Arrays:
        """Predictions of images by the hash of their bytes, in the order that is asked for."""
        names = np.concatenate([arrays[SHA256] for arrays in self._arrays])
        place = {sha256: number for number, sha256 in enumerate(names.tolist())}
        rows = np.array([place[sha256] for sha256 in hashes])
        return {
            name: np.concatenate([arrays[name] for arrays in self._arrays])[rows] for name in self._arrays[0]
        }

    def _read(self, path: Path) -> Arrays | None:
        """Read a file, ``None`` if it is of other bundles or not whole."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            return arrays if str(arrays.pop(KEY)) == self._key and len(arrays[SHA256]) else None
        except UNREADABLE:
            return None
