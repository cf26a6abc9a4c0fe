"""A disk that is full, read-only, or not a folder: one clear message, and nothing half-written."""

import subprocess
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from end_to_end_project import Project

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path / "project")


@contextmanager
def mounted(folder: Path, options: str):
    """A small file system in memory, where this user may mount one."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def archive(tmp_path, phantom_folder) -> Path:
    """A folder with an archive of images that nothing marks as drawn."""
    folder = tmp_path / "archives"
    folder.mkdir()
    with zipfile.ZipFile(folder / "brisc2025.zip", "w") as packed:
        for path in sorted(phantom_folder.rglob("*.jpg")):
            packed.write(path, Path("brisc2025", path.relative_to(phantom_folder)))
    return folder


@pytest.mark.parametrize("size", ["128k", "900k", "1300k"])
def test_a_full_disk(project, archive, size):
    """Full while unpacking, while storing images, and later."""
    data = project.root / "data"
    with mounted(data, f"size={size}"):
        command = ("run", "--pipeline=brisc_audit", "--params=image_size=160")
        output = project.kedro(*command, succeeds=False, S3F_ARCHIVES=str(archive))
        assert "Traceback" not in output
        assert output.count("Error: ") == 1
        assert "The disk is full" in output[output.index("Error: ") :]
        check_whole(data, archive)


def test_a_full_disk_while_phantoms_are_drawn(project):
    with mounted(project.demo / "01_raw", "size=150k"):
        output = project.kedro("run", "--env=demo", "--pipeline=brisc_audit", succeeds=False)
        assert "Traceback" not in output
        assert "The disk is full" in output[output.index("Error: ") :]
        assert not list((project.demo / "01_raw").iterdir())


def check_whole(data: Path, archive: Path) -> None:
    """Every file that is there under its own name can be read to its end."""
    raw = data / "01_raw/brisc2025"
    if raw.exists():
        with zipfile.ZipFile(archive / "brisc2025.zip") as packed:
            assert len(packed.namelist()) == len(list(raw.rglob("*.jpg")))
    for path in data.rglob("[!.]*.parquet"):
        pd.read_parquet(path)
    for path in data.rglob("[!.]*.npy"):
        assert np.load(path, mmap_mode="r").shape[0] == 36


def test_a_read_only_disk(project, archive):
    with mounted(project.root / "data", "ro"):
        output = project.kedro("run", "--pipeline=brisc_audit", succeeds=False, S3F_ARCHIVES=str(archive))
    assert "Traceback" not in output
    assert "Read-only file system" in output[output.index("Error: ") :]


@pytest.mark.parametrize("place", ["", "01_raw", "02_intermediate", "03_primary", "05_model_input"])
def test_a_file_in_place_of_a_folder(project, archive, place):
    path = project.root / "data" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("not a folder")
    output = project.kedro("run", "--pipeline=brisc_audit", succeeds=False, S3F_ARCHIVES=str(archive))
    assert "Traceback" not in output
    message = output[output.index("Error: ") :]
    assert str(path.relative_to(project.root)) in message
    assert path.read_text() == "not a folder"
