"""Compute scans with their gradients, and train a network, with the backend that KERAS_BACKEND names.

Usage: python worker_medmamba.py <folder>. The folder has network.keras and given.npz.
"""

import sys
from pathlib import Path

import keras
import numpy as np

from s3f_pipeline.backend.devices import jit_compile
from s3f_pipeline.models import load_model
from s3f_pipeline.models.selective_scan import selective_scan

NAMES = ("y", "d_x", "d_delta", "d_a", "d_b", "d_c")


def scan_and_gradients(given, cotangent):
    """Return y and the gradients of sum(y * cotangent) by each input."""
    if keras.backend.backend() == "jax":
        import jax

        @jax.jit
        def forward_and_back(*given):
            y, pull_back = jax.vjp(selective_scan, *given)
            return y, *pull_back(cotangent)

        return forward_and_back(*given)

    import tensorflow as tf

    @tf.function
    def forward_and_back(*given):
        with tf.GradientTape() as tape:
            tape.watch(given)
            y = selective_scan(*given)
            total = tf.reduce_sum(y * cotangent)
        return y, *tape.gradient(total, given)

    return forward_and_back(*map(tf.constant, given))


def train(network, images, labels):
    """Predict, train for a step, and predict again, also from a file."""
    model = load_model(network)
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", jit_compile=jit_compile())
    before = model.predict(images, verbose=0)
    model.train_on_batch(images, labels)
    after = model.predict(images, verbose=0)
    saved = network.with_name(f"{keras.backend.backend()}.keras")
    model.save(saved)
    return {"before": before, "after": after, "loaded": load_model(saved).predict(images, verbose=0)}


folder = Path(sys.argv[1])
given = dict(np.load(folder / "given.npz"))
computed = train(folder / "network.keras", given["images"], given["labels"])
for case in {name.partition("_")[0] for name in given if name.startswith("scan")}:
    inputs = [given[f"{case}_{name}"] for name in ("x", "delta", "a", "b", "c")]
    found = scan_and_gradients(inputs, given[f"{case}_cotangent"])
    computed |= {f"{case}_{name}": each for name, each in zip(NAMES, found, strict=True)}
np.savez(
    folder / f"{keras.backend.backend()}.npz", **{name: np.asarray(each) for name, each in computed.items()}
)
