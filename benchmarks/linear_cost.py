"""How the cost of MedSpectralNet, our interpretation, grows with the pixels of its images.

For each size a process of its own, with one thread, trains and predicts batches of 4. Printed are the medians
of the processor time of its steps, which other work on the machine changes little; its peak memory beyond
that of the network; and the slope of each against the pixels in log-log: 1 is linear, 2 quadratic.
Multiply-adds are counted from the shapes of the layers.

    python benchmarks/linear_cost.py [--steps 7]
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

BATCH = 4
CHANNELS, CLASSES = 3, 8
SIZES = (28, 56, 112, 224)
WANTED = 1.15
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}


def multiply_adds(layer: Any) -> int:
    """Multiply-adds of one image through a layer; normalisations, activations and sums are left out."""
    import keras

    from s3f_pipeline.models.layers import BandAttention, ContextGate

    match layer:
        case keras.layers.Conv2D() | keras.layers.DepthwiseConv2D():
            return _pixels(layer.output) * _size(layer.kernel)
        case keras.layers.Dense():
            return _size(layer.kernel)
        case ContextGate():
            return _size(layer.squeeze.kernel) + _size(layer.excite.kernel)
        case BandAttention():
            return _attention_multiply_adds(layer)
    return 0


def _attention_multiply_adds(layer: Any) -> int:
    """Projections, and d + 1 per token and per query for each of a head's d channels."""
    pixels, *tokens = map(_pixels, layer.input)
    total = pixels * _size(layer.queries.kernel)
    for count, keys, values in zip(tokens, layer.keys, layer.values, strict=True):
        total += count * (_size(keys.kernel) + _size(values.kernel))
        total += (pixels + count) * keys.filters * (keys.filters // layer.heads + 1)
    return total


def _pixels(images: Any) -> int:
    return math.prod(images.shape[1:3])


def _size(weight: Any) -> int:
    return math.prod(weight.shape)


def median_time(call: Callable[[], object], steps: int) -> float:
    """Median processor seconds of a call after the first."""
    call()
    times = []
    for _ in range(steps):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return median(times)


def megabytes() -> float:
    """Peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def measure(size: int, steps: int) -> dict[str, float]:
    """Train and predict images of one size."""
    import keras

    from s3f_pipeline.backend.devices import jit_compile
    from s3f_pipeline.models import build_model
    from s3f_pipeline.training.prediction import Predictor

    keras.utils.set_random_seed(0)
    model = build_model("medspectralnet", (size, size, CHANNELS), CLASSES)
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", jit_compile=jit_compile())
    images = np.random.default_rng(0).uniform(size=(BATCH, size, size, CHANNELS)).astype(np.float32)
    predictor = Predictor(model)
    model.optimizer.build(model.trainable_variables)
    before = megabytes()
    return {
        "prediction": median_time(lambda: predictor.probabilities(images), steps),
        "train step": median_time(lambda: model.train_on_batch(images, np.arange(BATCH)), steps),
        "memory": megabytes() - before,
        "multiply-adds": sum(multiply_adds(layer) for layer in model.layers),
        "parameters": model.count_params(),
    }


def slope(results: list[dict[str, float]], name: str) -> float:
    """Slope of a measured number against the pixels, in log-log, over the last sizes."""
    pixels = np.square(SIZES[-len(results) :])
    return float(np.polyfit(np.log(pixels), np.log([each[name] for each in results]), 1)[0])


def main() -> None:
    """Measure each size in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--size", type=int, help="measure this size alone, in this process")
    options = parser.parse_args()
    if options.size:
        print(json.dumps(measure(options.size, options.steps)))
        return
    print(f"{os.cpu_count()} cores, one used, load {os.getloadavg()[0]:.1f}")
    results = []
    for size in SIZES:
        command = [sys.executable, __file__, "--size", str(size), "--steps", str(options.steps)]
        worker = subprocess.run(
            command, env={**os.environ, **ONE_THREAD}, stdout=subprocess.PIPE, text=True, check=True
        )
        found = json.loads(worker.stdout.splitlines()[-1])
        results.append(found)
        print(
            f"{size:3} x {size:3} x {CHANNELS}: train step {1e3 * found['train step']:6.0f} ms, "
            f"prediction {1e3 * found['prediction']:6.0f} ms, {found['memory']:5.0f} MB, "
            f"{found['multiply-adds'] / 1e6:6.0f} million multiply-adds per image",
            flush=True,
        )
    for name in ("train step", "prediction", "memory", "multiply-adds"):
        print(
            f"{name}: slope {slope(results, name):.2f} (at most {WANTED}), "
            f"between the two largest sizes {slope(results[-2:], name):.2f}"
        )


if __name__ == "__main__":
    main()
