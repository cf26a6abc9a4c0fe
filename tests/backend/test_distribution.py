"""Several devices, or processes, give what one gives; CPUs stand for GPUs."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from s3f_pipeline.backend.distribution import spread_batches
from s3f_pipeline.errors import TrainingError
from s3f_pipeline.process_group import ADDRESSES, COUNT, NUMBER

TRAIN = """
import sys
import numpy as np
from s3f_pipeline.backend.determinism import make_deterministic
from s3f_pipeline.backend.distribution import spread_batches
from s3f_pipeline.models import build_model
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training.fit import fit
from s3f_pipeline.recipe import TrainingSettings

settings = TrainingSettings(1e-4, batch_size=8, epochs=2, selection_metric="accuracy")

images = np.random.default_rng(0).integers(0, 200, (36, 16, 16, 1), dtype=np.uint8)
images[18:] += 50
rows = np.arange(36)
side = rows % 3 == 0
splits = [SplitRows(rows[part], (rows[part] >= 18).astype(np.int64)) for part in (~side, side)]
with spread_batches("data_parallel", 8) as spread:
    make_deterministic(0, operations=True)
    model = build_model("spatial", (16, 16, 1), 2)
    trained = fit(model, images, *splits, ("a", "b"), settings, seed=0, spread=spread)
figures = {name: trained.history[name] for name in ("loss", "selection_loss")}
np.savez(sys.argv[1], *trained.model.get_weights(), replicas=spread.devices, **figures)
"""


def start(path, devices=1, **more):
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(path)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags, **more},
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process, path):
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return np.load(path)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    path = tmp_path_factory.mktemp("one") / "one.npz"
    return result(start(path), path)


def assert_equal(two, one):
    assert (one["replicas"], two["replicas"]) == (1, 2)
    np.testing.assert_allclose(two["loss"], one["loss"], rtol=1e-3)
    np.testing.assert_allclose(two["selection_loss"], one["selection_loss"], rtol=1e-3)
    for name in one.files:
        if name.startswith("arr_"):  # where a gradient is zero but for rounding, Adam steps either way
            np.testing.assert_allclose(two[name], one[name], rtol=1e-3, atol=6 * 2 * 1e-4)


@pytest.mark.long
def test_two_devices_train_like_one(tmp_path, one):
    path = tmp_path / "two.npz"
    assert_equal(result(start(path, devices=2), path), one)


@pytest.mark.long
def test_two_processes_train_like_one(tmp_path, one):
    address = f"127.0.0.1:{free_port()}"
    paths = [tmp_path / f"{number}.npz" for number in range(2)]
    processes = [
        start(path, **{ADDRESSES: address, COUNT: "2", NUMBER: str(number)})
        for number, path in enumerate(paths)
    ]
    first, second = (result(*each) for each in zip(processes, paths, strict=True))
    assert_equal(first, one)
    for name in first.files:
        np.testing.assert_array_equal(first[name], second[name])


def test_processes_with_different_numbers_of_devices_are_refused(tmp_path):
    address = f"127.0.0.1:{free_port()}"
    processes = [
        start(tmp_path / "x.npz", devices, **{ADDRESSES: address, COUNT: "2", NUMBER: str(number)})
        for number, devices in enumerate((2, 1))
    ]
    for process in processes:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 1
        assert "have 2, 1 devices, and all need the same number. Give each one GPU" in errors


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def test_tensorflow_stays_on_one_device():
    for requested in ("none", "auto"):
        with spread_batches(requested, 16) as spread:
            assert spread.devices == 1
    with (
        pytest.raises(TrainingError, match=r"needs JAX.*KERAS_BACKEND=jax"),
        spread_batches("data_parallel", 16),
    ):
        pass


def test_several_processes_need_jax(monkeypatch):
    for name, value in {ADDRESSES: "127.0.0.1:1", COUNT: "2", NUMBER: "0"}.items():
        monkeypatch.setenv(name, value)
    with (
        pytest.raises(TrainingError, match=r"2 processes .*needs KERAS_BACKEND=jax"),
        spread_batches("auto", 16),
    ):
        pass


def test_batches_that_cannot_be_dealt_out(monkeypatch):
    monkeypatch.setattr("s3f_pipeline.backend.distribution.backend_name", lambda: "jax")
    monkeypatch.setattr("s3f_pipeline.backend.distribution._devices", lambda: [3])
    words = r"16 images .* 3 devices evenly\. Set --params=training.batch_size=15"
    with pytest.raises(TrainingError, match=words), spread_batches("data_parallel", 16):
        pass
