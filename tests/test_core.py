"""What is promised to run without Kedro, MLflow and DVC does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from installed import PYPROJECT, not_installed_by

CONTRACTS = {one["name"]: one for one in PYPROJECT["tool"]["importlinter"]["contracts"]}
ROOMS = CONTRACTS["A GPU box needs Keras and little else"]["source_modules"]


def run_in_core(extra: str, *, backend: str) -> subprocess.CompletedProcess[str]:
    blocked = Path(__file__).with_name("blocked.py")
    missing = not_installed_by(extra)
    assert {"kedro", "mlflow", "dvc", "pydantic", "matplotlib"} <= missing
    return subprocess.run(
        [sys.executable, blocked, ",".join(sorted(missing)), "worker_core", ",".join(ROOMS)],
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.long)])
def test_networks_are_trained_with_the_core_and_a_backend(backend):
    done = run_in_core(backend, backend=backend)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 70


def test_a_backend_that_is_not_installed_is_named():
    done = run_in_core("jax", backend="tensorflow")
    assert "pip install 's3f-pipeline[tensorflow]'" in done.stderr.splitlines()[-1]
