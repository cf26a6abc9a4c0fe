"""What the backend of KERAS_BACKEND makes of a saved network, before and after a step of training.

Usage: python worker_medspectralnet.py <folder with network.keras and batch.npz>.
"""

import os
import sys
from pathlib import Path

import keras
import numpy as np

from s3f_pipeline.backend.devices import jit_compile
from s3f_pipeline.models import load_model

folder = Path(sys.argv[1])
results = folder / os.environ["KERAS_BACKEND"]
with np.load(folder / "batch.npz") as batch:
    images, labels = batch["images"], batch["labels"]
model = load_model(folder / "network.keras")
before = model.predict(images, verbose=0)
model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", jit_compile=jit_compile())
loss = model.train_on_batch(images, labels)
after = model.predict(images, verbose=0)
model.save(results.with_suffix(".keras"))
again = load_model(results.with_suffix(".keras")).predict(images, verbose=0)
np.savez(results.with_suffix(".npz"), before=before, loss=loss, after=after, again=again)
