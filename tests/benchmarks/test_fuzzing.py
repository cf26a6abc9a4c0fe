"""Damaged files are read or refused, in a process with little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzzing.py"


@pytest.mark.real_data
@pytest.mark.parametrize("files", [150, pytest.param(5000, marks=pytest.mark.exhaustive)])
def test_damaged_real_files_lead_to_no_raw_error_no_hang_and_little_memory(archives, files):
    command = [sys.executable, SCRIPT, archives / "fullsize_and_dicom.zip", "--files", str(files)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["files"] == files
    assert min(report["read"], report["refused"]) > files / 10
    assert report["faults"] == {}
    assert report["slowest_seconds"] < 10
    assert report["peak_memory_MiB"] < 1024
