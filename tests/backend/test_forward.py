import os
import subprocess
import sys

import keras
import numpy as np

from s3f_pipeline.backend.forward import compile_forward
from s3f_pipeline.models import build_model


def test_equals_predict_for_any_batch_and_follows_the_weights():
    model = build_model("bilinear", (16, 16, 1), 3)
    forward = compile_forward(model)
    for seed, count in enumerate((1, 5, 2)):
        images = np.random.default_rng(seed).uniform(size=(count, 16, 16, 1)).astype(np.float32)
        model.get_layer("logits").bias.assign(keras.ops.convert_to_tensor([float(seed), 0.0, 1.0]))
        np.testing.assert_allclose(forward(images), model.predict(images, verbose=0), rtol=1e-4, atol=1e-6)


def test_on_jax():
    """The same test in a process of its own with the other backend."""
    arguments = [
        "-q",
        "-p",
        "no:cacheprovider",
        f"{__file__}::test_equals_predict_for_any_batch_and_follows_the_weights",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
