import zipfile
from pathlib import Path

import pytest


def write_files(folder: Path, *paths: str) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder


@pytest.fixture(scope="session")
def put():
    """Make empty files in a folder, and the folders that they need."""
    return write_files


@pytest.fixture
def names_of(archives, tmp_path):
    """Make the files that an archive of real images lists: tables and NumPy archives whole, images empty."""

    def unpack(archive: str) -> Path:
        with zipfile.ZipFile(archives / archive) as content:
            for path in content.namelist():
                if not path.endswith("/"):
                    write_files(tmp_path, path)
                    if path.endswith((".csv", ".npz")):
                        (tmp_path / path).write_bytes(content.read(path))
        return tmp_path

    return unpack
