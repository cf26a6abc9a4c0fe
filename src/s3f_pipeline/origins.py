"""By what a result can be traced back: code, data, versions."""

import hashlib
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from s3f_pipeline.credentials import hide_secrets

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "s3f-pipeline", "keras", "tensorflow", "jax", "numpy", "pandas", "scikit-learn",
    "opencv-python-headless", "kedro", "mlflow", "dvc",
)  # fmt: skip


def table_hash(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """SHA-256 over some columns of a table; the order of the rows does not matter."""
    lines = table[list(columns)].astype("string").fillna("").agg("\0".join, axis=1).sort_values()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def git_state() -> tuple[str, bool]:
    """Commit of the project's code, ``unknown`` outside git, and whether tracked files differ from it."""
    commit = _git("rev-parse", "HEAD")
    return commit or "unknown", bool(_git("status", "--porcelain", "--untracked-files=no"))


def command_line() -> str:
    """Return the command of this process, the program by its name alone, without secrets."""
    return hide_secrets(shlex.join([*Path(sys.argv[0]).name.split(), *sys.argv[1:]]))


def package_versions(names: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Versions of packages, by default of those that a result depends on, as far as they are installed."""
    versions = {}
    for name in names:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
