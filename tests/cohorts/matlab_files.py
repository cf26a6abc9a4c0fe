"""MATLAB 7.3 files with the structure of the Cheng set."""

from pathlib import Path

import h5py
import numpy as np

USER_BLOCK = 512


def write_mat(path: Path, image: np.ndarray, patient: str = "100360", label: int = 1) -> None:
    """Write ``cjdata`` as MATLAB does: a text of 512 bytes, then HDF5 with columns first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=USER_BLOCK) as file:
        data = file.create_group("cjdata")
        data["PID"] = np.array([[ord(character)] for character in patient], np.uint16)
        data["label"] = np.array([[label]], np.float64)
        data["image"] = np.ascontiguousarray(image.T)
        data["tumorMask"] = np.zeros(image.T.shape, np.uint8)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: PCWIN, Created on: Sun Dec  7 2014".ljust(124))
        raw.write(b"\x00\x02IM")
