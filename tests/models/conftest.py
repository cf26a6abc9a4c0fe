import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from filelock import FileLock

from s3f_pipeline.backend.devices import onednn_without_bfloat16
from s3f_pipeline.models import build_model, without_weights

BACKENDS = ("tensorflow", "jax")
Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="session")
def compute_once(tmp_path_factory) -> Callable[..., dict[str, Arrays]]:
    """Run a worker script with both backends: once, also where several processes run tests.

    ``prepare`` fills the folder that the script is given. All arrays that are there in the end are returned,
    ``{backend or other name of a file: {name: array}}``.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def results_of(script: str, prepare: Callable[[Path], None] = lambda folder: None) -> dict[str, Arrays]:
        folder = root / Path(script).stem
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                unfinished = folder.with_suffix(".unfinished")
                unfinished.mkdir(exist_ok=True)
                prepare(unfinished)
                run_on_both_backends(Path(__file__).with_name(script), unfinished)
                unfinished.rename(folder)
        return {path.stem: dict(np.load(path)) for path in folder.glob("*.npz")}

    return results_of


def run_on_both_backends(script: Path, folder: Path) -> None:
    """Run a script in two processes at a time, each with a backend on the CPU."""
    common = {**os.environ, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1"}
    processes = [
        subprocess.Popen([sys.executable, script, folder], env={**common, "KERAS_BACKEND": backend})
        for backend in BACKENDS
    ]
    assert [process.wait() for process in processes] == [0, 0]


@pytest.fixture(scope="session")
def backend_results(compute_once):
    """What the worker computed with a backend: a function from its name to ``{case: {name: array}}``."""
    known = {}
    for backend, arrays in compute_once("worker_backend.py").items():
        known[backend] = cases = {}
        for key, array in arrays.items():
            case, name = key.split("/")
            cases.setdefault(case, {})[name] = array
    return known.__getitem__


@pytest.fixture
def no_weights():
    """Networks built in a test have shapes, but weights without values."""
    with without_weights():
        yield


@pytest.fixture
def mixed_bfloat16():
    """Compute in bfloat16 during a test."""
    if onednn_without_bfloat16():
        pytest.skip("ONEDNN_MAX_CPU_ISA leaves oneDNN no instructions for bfloat16")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


def prepare_medmamba(folder: Path) -> None:
    """Write a small MedMamba, ``network.keras``, and what the worker is given, ``given.npz``."""
    keras.utils.set_random_seed(0)
    small = {"depths": (1, 2, 1), "channels": 16}
    build_model("medmamba", (30, 21, 3), 4, drop_path=0.0, **small).save(folder / "network.keras")
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


@pytest.fixture(scope="session")
def medmamba_results(compute_once):
    """What was given to the worker, and what it computed: a function from a backend's name."""
    results = compute_once("worker_medmamba.py", prepare_medmamba)
    return lambda backend: (results["given"], results[backend])
