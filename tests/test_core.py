"""What is promised to run without Kedro, MLflow and DVC does."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from s3f_pipeline.config.loader import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
CONTRACTS = {one["name"]: one for one in PYPROJECT["tool"]["importlinter"]["contracts"]}
ROOMS = CONTRACTS["A GPU box needs Keras and little else"]["source_modules"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(requirements: Iterable[str], extras: frozenset[str] = frozenset({""})) -> set[str]:
    """Everything that pip would install for some requirements, as far as it is installed here."""
    found: set[str] = set()
    waiting = [(Requirement(text), extras) for text in requirements]
    while waiting:
        requirement, of_parent = waiting.pop()
        applies = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in of_parent
        )
        key = normal(requirement.name) + "".join(sorted(requirement.extras))
        if not applies or key in found:
            continue
        try:
            further = requires(requirement.name) or []
        except PackageNotFoundError:
            continue
        found.add(key)
        waiting += [(Requirement(text), frozenset({"", *requirement.extras})) for text in further]
    return found


def not_installed_by(extra: str) -> set[str]:
    """Modules here that are of no package which the core and an extra of ours bring."""
    project = PYPROJECT["project"]
    kept = closure([*project["dependencies"], *project["optional-dependencies"][extra]]) | {"s3f-pipeline"}
    owners = packages_distributions()
    return {module for module, names in owners.items() if not {normal(name) for name in names} & kept}


def run_in_core(extra: str, *, backend: str) -> subprocess.CompletedProcess[str]:
    worker = Path(__file__).with_name("worker_core.py")
    missing = not_installed_by(extra)
    assert {"kedro", "mlflow", "dvc", "pydantic", "matplotlib"} <= missing
    return subprocess.run(
        [sys.executable, worker, ",".join(sorted(missing)), ",".join(ROOMS)],
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
