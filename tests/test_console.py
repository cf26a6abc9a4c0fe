"""A process whose terminal or pipe is closed goes on."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

TALKATIVE = """
import logging, pathlib, sys
logging.basicConfig(stream=sys.stdout, level="INFO")
from s3f_pipeline.console import outlive_console
outlive_console()
outlive_console()
logging.info("hello")
sys.stdout.flush()
sys.stdin.readline()
for n in range(3):
    logging.info("nobody hears this")
    print("nor this" * 9999)
    print("nor this", file=sys.stderr)
    sys.stdout.flush()
pathlib.Path(sys.argv[1]).write_text("done")
sys.exit(129)
"""


@pytest.fixture(params=[pty.openpty, os.pipe])
def console(request):
    """What reads, and what the process writes to."""
    return request.param()


def test_a_process_outlives_its_console(console, tmp_path):
    reads, writes = console
    command = [sys.executable, "-c", TALKATIVE, tmp_path / "result"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=writes, stderr=writes) as process:
        os.close(writes)
        assert b"hello" in os.read(reads, 100)
        os.close(reads)
        process.communicate(b"go on\n")
    assert process.returncode == 129
    assert (tmp_path / "result").read_text() == "done"


def test_other_failures_are_not_hidden():
    code = "import sys; from s3f_pipeline.console import *; outlive_console(); print('x', flush=True)"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert "No space left on device" in done.stderr
