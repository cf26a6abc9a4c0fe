import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

WORKER = Path(__file__).with_name("worker_backend.py")


@pytest.fixture(scope="session")
def backend_results(tmp_path_factory):
    """What the worker computed with a backend: a function from its name to ``{case: {name: array}}``."""
    known = {}

    def results_of(backend):
        if backend not in known:
            path = tmp_path_factory.mktemp(backend) / "results.npz"
            environment = {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1"}
            subprocess.run([sys.executable, WORKER, path], env={**os.environ, **environment}, check=True)
            known[backend] = cases = {}
            with np.load(path) as arrays:
                for key, array in arrays.items():
                    case, name = key.split("/")
                    cases.setdefault(case, {})[name] = array
        return known[backend]

    return results_of


@pytest.fixture
def mixed_bfloat16():
    """Compute in bfloat16 during a test."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)
