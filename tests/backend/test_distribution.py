"""Several devices give what one gives; virtual CPUs stand for GPUs, in processes of their own."""

import os
import subprocess
import sys

import numpy as np
import pytest

from s3f_pipeline.backend.distribution import use_distribution
from s3f_pipeline.errors import TrainingError

TRAIN = """
import sys
import numpy as np
from s3f_pipeline.backend.determinism import make_deterministic
from s3f_pipeline.backend.distribution import use_distribution
from s3f_pipeline.models import build_model
from s3f_pipeline.splits.rows import SplitRows
from s3f_pipeline.training.fit import fit

class Settings:
    learning_rate, batch_size, epochs, class_weights = 1e-4, 8, 2, "balanced"
    selection_metric, early_stopping_patience, reduce_lr_patience = "accuracy", 9, 9
    reduce_lr_factor, min_learning_rate = 0.5, 1e-6

images = np.random.default_rng(0).integers(0, 200, (36, 16, 16, 1), dtype=np.uint8)
images[18:] += 50
rows = np.arange(36)
side = rows % 3 == 0
splits = [SplitRows(rows[part], (rows[part] >= 18).astype(np.int64)) for part in (~side, side)]
make_deterministic(0, operations=True)
replicas = use_distribution("data_parallel", 8)
model = build_model("spatial", (16, 16, 1), 2)
trained = fit(model, images, *splits, ("a", "b"), Settings(), seed=0, replicas=replicas)
figures = {name: trained.history[name] for name in ("loss", "selection_loss")}
np.savez(sys.argv[1], *trained.model.get_weights(), replicas=replicas, **figures)
"""


def train(devices, path):
    flags = f"--xla_force_host_platform_device_count={devices}"
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(path)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return np.load(path)


def test_two_devices_train_like_one(tmp_path):
    one, two = (train(devices, tmp_path / f"{devices}.npz") for devices in (1, 2))
    assert (one["replicas"], two["replicas"]) == (1, 2)
    np.testing.assert_allclose(two["loss"], one["loss"], rtol=1e-3)
    np.testing.assert_allclose(two["selection_loss"], one["selection_loss"], rtol=1e-3)
    for name in one.files:
        if name.startswith("arr_"):  # where a gradient is zero but for rounding, Adam steps either way
            np.testing.assert_allclose(two[name], one[name], rtol=1e-3, atol=6 * 2 * 1e-4)


def test_tensorflow_stays_on_one_device():
    assert use_distribution("none", 16) == use_distribution("auto", 16) == 1
    with pytest.raises(TrainingError, match=r"needs JAX.*KERAS_BACKEND=jax"):
        use_distribution("data_parallel", 16)


def test_batches_that_cannot_be_dealt_out(monkeypatch):
    monkeypatch.setattr("s3f_pipeline.backend.distribution.backend_name", lambda: "jax")
    monkeypatch.setattr("s3f_pipeline.backend.distribution._devices", lambda: 3)
    with pytest.raises(
        TrainingError, match=r"16 images .* 3 devices evenly\. Set --params=training.batch_size=15"
    ):
        use_distribution("data_parallel", 16)
