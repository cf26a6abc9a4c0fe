"""How fast training steps are, against a plain formulation of the same networks (``plain.py``).

For each network and published image size three processes train in turns, a step each, so that all see the
same machine: the plain formulation in float32, ours in float32, and ours in the precision that the machine
suggests. Printed are images per second (median of the steps) with their ratio to the plain formulation, the
peak memory of each process, the share of a step that waits for input, and what one validation pass takes: the
plain protocol validates twice per epoch, once for Keras and once for the F1 score, ours once. Then
``spectral_compact`` is compared with ``spectral_sn2``, the published network of the same depth.

    python benchmarks/training.py [--steps 5] [--only "bilinear_sn1 256"]

``--kernels`` measures in their place what oneDNN is worth to TensorFlow in float32, on this CPU and as on one
that has no AVX512.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any, NamedTuple

CLASSES = 4
CASES = (
    ("spatial", (256, 256, 1), 16),
    ("spectral_sn1", (256, 256, 1), 16),
    ("spectral_sn2", (256, 256, 1), 16),
    ("concat_sn1", (256, 256, 1), 16),
    ("bilinear_sn1", (256, 256, 1), 16),
    ("concat_sn1", (384, 512, 1), 4),
    ("bilinear_sn1", (225, 300, 3), 16),
)
"""Networks at the image sizes for which S3F-Net was published, and images per step: 16, as published, but
where three processes of it would need 35 GB."""
FORMULATIONS = (("plain", "float32"), ("ours", "float32"), ("ours", "auto"))
FLOORS = {("bilinear_sn1", (256, 256, 1)): (1.3, 2.0)}
"""Wanted ratios, in float32 and in automatic precision."""


Shape = tuple[int, int, int]
Task = tuple[str, str, str, Shape, int]
"""Formulation, precision, network, image shape, images per step."""


class Measured(NamedTuple):
    """Medians over steps, in seconds, and the peak memory in MB."""

    precision: str
    memory: float
    step: float
    wait: float
    validation: float


class Worker:
    """A process that trains one formulation of one network when it is told to."""

    def __init__(self, task: Task, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start it, and wait until it has warmed up."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--worker", json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **environment},
        )
        self.precision = self._answer()

    def ask(self, what: str) -> Any:
        """Send a command, and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"A process ended with code {self._process.wait()}: is there memory for all?")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def work(formulation: str, precision: str, variant: str, shape: Shape, batch_size: int) -> None:
    """Train a step, or predict, for each line of standard input."""
    import keras
    import numpy as np
    from plain import build_plain

    from s3f_pipeline.backend.determinism import make_deterministic
    from s3f_pipeline.backend.devices import jit_compile
    from s3f_pipeline.backend.precision import use_precision
    from s3f_pipeline.models import build_model
    from s3f_pipeline.training.batches import ImageBatches

    policy = use_precision(precision).policy
    make_deterministic(0, operations=formulation == "ours")
    model = (build_plain if formulation == "plain" else build_model)(variant, shape, CLASSES)
    model.compile(
        keras.optimizers.Adam(3e-4),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile(),
    )
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2 * batch_size, *shape), np.uint8)
    labels = rng.integers(0, CLASSES, len(images))
    batches = ImageBatches(images, np.arange(len(images)), labels=labels, batch_size=batch_size, seed=0)
    for number in range(2):
        model.train_on_batch(*batches[number])
    model.predict(batches[0][0], verbose=0)
    print(json.dumps(policy), flush=True)
    for line in sys.stdin:
        began = time.perf_counter()
        if line.strip() == "step":
            batch = batches[0]
            waited = time.perf_counter() - began
            model.train_on_batch(*batch)
            answer: Any = [time.perf_counter() - began, waited]
        elif line.strip() == "predict":
            model.predict(batches[0][0], batch_size=batch_size, verbose=0)
            answer = time.perf_counter() - began
        else:
            answer = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(json.dumps(answer), flush=True)


def measure(
    tasks: list[Task], steps: int, environments: Sequence[Mapping[str, str]] | None = None
) -> list[Measured]:
    """Take steps in turns in one process per task."""
    workers = list(map(Worker, tasks, environments or [{}] * len(tasks)))
    times: list[list[float]] = [[] for _ in workers]
    waits: list[list[float]] = [[] for _ in workers]
    passes: list[list[float]] = [[] for _ in workers]
    for _ in range(steps):
        for number, worker in enumerate(workers):
            taken, waited = worker.ask("step")
            times[number].append(taken)
            waits[number].append(waited)
            passes[number].append(worker.ask("predict"))
    measured = [
        Measured(worker.precision, worker.ask("memory"), *map(median, figures))
        for worker, *figures in zip(workers, times, waits, passes, strict=True)
    ]
    for worker in workers:
        worker.close()
    return measured


def compare(variant: str, shape: Shape, batch_size: int, steps: int) -> None:
    """Measure all formulations of one network, and print a line for each."""
    tasks: list[Task] = [(*formulation, variant, shape, batch_size) for formulation in FORMULATIONS]
    plain, *_ = measured = measure(tasks, steps)
    floors = (None, *FLOORS.get((variant, shape), (None, None)))
    for (formulation, _), figures, floor in zip(FORMULATIONS, measured, floors, strict=True):
        wanted = f" (at least {floor})" if floor else ""
        print(
            f"{variant:13} {_size(shape):10} {batch_size:2} {formulation:5} {figures.precision:14} "
            f"{batch_size / figures.step:7.1f} images/s, ratio {plain.step / figures.step:5.2f}{wanted}; "
            f"{figures.memory:6.0f} MB; waits {figures.wait / figures.step:.1%}; "
            f"validation {batch_size / figures.validation:.0f} images/s",
            flush=True,
        )


def compare_compact(steps: int) -> None:
    """Measure the compact spectral network against the published one of the same depth."""
    shape, batch_size = (256, 256, 1), 16
    for precision in ("float32", "auto"):
        networks = ("spectral_sn2", "spectral_compact")
        tasks: list[Task] = [("ours", precision, network, shape, batch_size) for network in networks]
        sn2, compact = measure(tasks, steps)
        print(
            f"spectral_compact {_size(shape)} {compact.precision}: {batch_size / compact.step:.1f} images/s, "
            f"{sn2.step / compact.step:.2f} times those of spectral_sn2 (at least 3); "
            f"{compact.memory:.0f} MB, spectral_sn2 {sn2.memory:.0f} MB",
            flush=True,
        )


def compare_kernels(steps: int) -> None:
    """Measure TensorFlow with and without oneDNN, with all instructions of this CPU and without AVX512."""
    variant, shape, batch_size = "bilinear_sn1", (256, 256, 1), 16
    task: Task = ("ours", "float32", variant, shape, batch_size)
    for name, limit in (("all instructions", {}), ("AVX2 at most", {"ONEDNN_MAX_CPU_ISA": "AVX2"})):
        settings = [{**limit, "TF_ENABLE_ONEDNN_OPTS": switch} for switch in ("0", "1")]
        without, with_it = measure([task, task], steps, settings)
        print(
            f"{variant} {_size(shape)} float32, {name}: {batch_size / without.step:.2f} images/s without "
            f"oneDNN, {batch_size / with_it.step:.2f} with it, ratio {without.step / with_it.step:.2f}",
            flush=True,
        )


def _size(shape: Shape) -> str:
    return "x".join(map(str, shape))


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--only", default="", help="a part of network and size")
    parser.add_argument("--kernels", action="store_true")
    parser.add_argument("--worker")
    options = parser.parse_args()
    if options.worker:
        formulation, precision, variant, shape, batch_size = json.loads(options.worker)
        work(formulation, precision, variant, tuple(shape), batch_size)
        return
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    print(f"{os.cpu_count()} cores, {cpu[1] if cpu else 'CPU'}, load {os.getloadavg()[0]:.1f}")
    if options.kernels:
        compare_kernels(options.steps)
        return
    for variant, shape, batch_size in CASES:
        if options.only in f"{variant} {_size(shape)}":
            compare(variant, shape, batch_size, options.steps)
    if options.only in "spectral_compact":
        compare_compact(options.steps)


if __name__ == "__main__":
    main()
