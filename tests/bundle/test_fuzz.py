"""Changed ``.keras`` files and bundles, in a child with limited memory: no crash, no hang, no code run."""

import json
import subprocess
import sys
from pathlib import Path

import published_files
import pytest

WORKER = Path(__file__).with_name("worker_fuzz.py")
MEMORY = 2**30
"""Bytes by which the child may grow."""


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    return published_files.write(folder / "a.keras", published_files.network("spectral_sn1"))


def fuzzed(what, original, folder, first, count):
    command = [sys.executable, WORKER, what, original, folder, str(first), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["memory"] < MEMORY
    assert told["longest"] < 3000
    assert list(folder.iterdir()) == [folder / "warm"]  # nothing was written elsewhere
    return told


@pytest.mark.parametrize("what", ["file", "bundle"])
def test_a_few_changed_ones(tmp_path, original, bundle, what):
    told = fuzzed(what, original if what == "file" else bundle, tmp_path, 0, 12)
    assert told["refused"] >= 6


@pytest.mark.long
@pytest.mark.parametrize("what", ["file", "bundle"])
def test_two_hundred_changed_ones(tmp_path, original, bundle, what):
    told = fuzzed(what, original if what == "file" else bundle, tmp_path, 1000, 200)
    assert told["refused"] >= 100
