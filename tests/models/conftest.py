import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from s3f_pipeline.models import build_model, without_weights

WORKER = Path(__file__).with_name("worker_backend.py")
MEDMAMBA_WORKER = WORKER.with_name("worker_medmamba.py")


def run_worker(backend, *arguments):
    """Run a script in a process of its own, with a backend on the CPU."""
    environment = {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1"}
    subprocess.run([sys.executable, *arguments], env={**os.environ, **environment}, check=True)


@pytest.fixture(scope="session")
def backend_results(tmp_path_factory):
    """What the worker computed with a backend: a function from its name to ``{case: {name: array}}``."""
    known = {}

    def results_of(backend):
        if backend not in known:
            path = tmp_path_factory.mktemp(backend) / "results.npz"
            run_worker(backend, WORKER, path)
            known[backend] = cases = {}
            with np.load(path) as arrays:
                for key, array in arrays.items():
                    case, name = key.split("/")
                    cases.setdefault(case, {})[name] = array
        return known[backend]

    return results_of


@pytest.fixture
def no_weights():
    """Networks built in a test have shapes, but weights without values."""
    with without_weights():
        yield


@pytest.fixture
def mixed_bfloat16():
    """Compute in bfloat16 during a test."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.fixture(scope="session")
def medmamba_folder(tmp_path_factory):
    """A folder with a MedMamba, ``network.keras``, and what the worker is given, ``given.npz``."""
    folder = tmp_path_factory.mktemp("medmamba")
    keras.utils.set_random_seed(0)
    build_model("medmamba", (30, 21, 3), 4, drop_path=0.0).save(folder / "network.keras")
    rng = np.random.default_rng(0)
    given = {"images": rng.uniform(size=(8, 30, 21, 3)), "labels": np.arange(8) % 4}
    for length in (1, 7, 37):
        per_channel, per_state = (length, 3, 2, 5), (length, 3, 2, 4)
        given |= {
            f"scan{length}_x": rng.normal(size=per_channel),
            f"scan{length}_delta": rng.uniform(0.001, 0.5, per_channel),
            f"scan{length}_a": -rng.uniform(0.1, 4, (3, 4, 5)),
            f"scan{length}_b": rng.normal(size=per_state),
            f"scan{length}_c": rng.normal(size=per_state),
            f"scan{length}_cotangent": rng.normal(size=per_channel),
        }
    np.savez(folder / "given.npz", **{name: array.astype(np.float32) for name, array in given.items()})
    return folder


@pytest.fixture(scope="session")
def medmamba_results(medmamba_folder):
    """What was given to the worker, and what it computed: a function from a backend's name."""
    known = {}

    def results_of(backend):
        if backend not in known:
            run_worker(backend, MEDMAMBA_WORKER, medmamba_folder, f"{backend}.npz")
            known[backend] = [dict(np.load(medmamba_folder / f"{name}.npz")) for name in ("given", backend)]
        return known[backend]

    return results_of
