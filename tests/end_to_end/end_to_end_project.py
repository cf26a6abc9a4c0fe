import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s3f_pipeline.config.loader import PROJECT

SMALL_DEMO = """
image_size: 32
phantoms:
  images_per_class: {train: 24, test: 8}
  seed: 0
training:
  epochs: 2
"""


class Project:
    """A copy of the project, so that tests use it as a user would without touching the user's data."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("conf", "src", "notebooks"):
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
            shutil.copytree(PROJECT / name, root / name, ignore=ignored)
        for name in ("pyproject.toml", "dvc.yaml", ".telemetry"):
            shutil.copy(PROJECT / name, root / name)
        (root / "conf/demo/parameters.yml").write_text(SMALL_DEMO)
        self.demo = root / "data/demo"
        self.run_folder = Path("brisc/patient_safe/bilinear/seed-0")

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in ("S3F_ARCHIVES", "MLFLOW_TRACKING_URI")}
        ours = {"PYTHONPATH": str(self.root / "src"), "MLFLOW_DISABLE_TELEMETRY": "true", "S3F_OFFLINE": "1"}
        return {**kept, **ours, **more}

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "kedro", *arguments],
            cwd=self.root,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command, and make sure that it does not outlive the test."""
        process = self.start(*arguments)
        try:
            yield process
        finally:
            process.kill()

    def python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kedro(self, *arguments: str, succeeds: bool = True, **more: str) -> str:
        process = self.start(*arguments, **more)
        output, _ = process.communicate(timeout=300)
        assert (process.returncode == 0) == succeeds, output
        return output
