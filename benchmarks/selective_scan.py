"""What the selective scan takes, against a loop over the sequence.

For each feature map of MedMamba at 224 pixels two processes compute the scan and its gradient in turns: ours,
and ``keras.ops.scan`` step by step with the backend's own gradient. Printed are milliseconds (median), by how
much the peak memory of a process grew, and the ratios. The backend is that of KERAS_BACKEND.

    python benchmarks/selective_scan.py [--repeats 5] [--batch 2]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

CASES = ((7, 768), (14, 384), (28, 192), (56, 96))
"""Side of the feature map, and channels."""
SEQUENCES, STATES = 4, 16


def step_by_step(x: Any, delta: Any, a: Any, b: Any, c: Any) -> Any:
    """The recurrence as one would write it down first."""
    from keras import ops

    def step(carried: Any, given: Any) -> Any:
        x, delta, b, c = given
        state = ops.exp(delta[..., None, :] * a[:, None]) * carried[0]
        state = state + b[..., None] * (delta * x)[..., None, :]
        result = state, ops.einsum("kbne,kbn->kbe", state, c)
        return result, result  # on TensorFlow, `ops.scan` collects what it carries

    start = ops.zeros_like(b[0][..., None] * x[0][..., None, :])
    _, (_, y) = ops.scan(step, (start, ops.zeros_like(x[0])), (x, delta, b, c))
    return y


def with_gradient(scan: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a scan and the gradient of the sum of its squares."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        compiled = jax.jit(jax.grad(lambda inputs: (scan(*inputs) ** 2).sum()))
        return lambda inputs: jax.block_until_ready(compiled(inputs))

    import tensorflow as tf

    @tf.function
    def gradient(inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(scan(*inputs) ** 2)
        return tape.gradient(total, inputs)

    return lambda inputs: [each.numpy() for each in gradient(inputs)]


def work(formulation: str, side: int, channels: int, batch: int) -> None:
    """Compute once, then again for each line of standard input."""
    import numpy as np
    from keras import ops

    from s3f_pipeline.models.selective_scan import selective_scan

    rng = np.random.default_rng(0)
    per_channel, per_state = (side**2, SEQUENCES, batch, channels), (side**2, SEQUENCES, batch, STATES)
    inputs = tuple(
        ops.convert_to_tensor(each.astype(np.float32))
        for each in (
            rng.normal(size=per_channel),
            rng.uniform(0.001, 0.1, per_channel),
            -rng.uniform(1, STATES, (SEQUENCES, STATES, channels)),
            rng.normal(size=per_state),
            rng.normal(size=per_state),
        )
    )
    before = peak_memory()
    compute = with_gradient(selective_scan if formulation == "ours" else step_by_step)
    compute(inputs)
    print(flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        compute(inputs)
        print(json.dumps([1e3 * (time.perf_counter() - began), peak_memory() - before]), flush=True)


def peak_memory() -> float:
    """Largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def compare(side: int, channels: int, batch: int, repeats: int) -> None:
    """Measure both in turns, and print a line."""
    workers = [
        subprocess.Popen(
            [sys.executable, __file__, "--worker", json.dumps([formulation, side, channels, batch])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for formulation in ("loop", "ours")
    ]
    times: list[list[float]] = [[] for _ in workers]
    memory = [0.0 for _ in workers]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for _ in range(repeats):
        for number, worker in enumerate(workers):
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
            taken, memory[number] = json.loads(worker.stdout.readline())
            times[number].append(taken)
    for worker in workers:
        worker.communicate()
    loop, ours = map(median, times)
    print(
        f"{side:2} x {side:2} x {channels:3}: loop {loop:6.0f} ms, ours {ours:6.0f} ms, "
        f"ratio {loop / ours:4.1f}; "
        f"loop {memory[0]:5.0f} MB, ours {memory[1]:5.0f} MB, ratio {memory[0] / memory[1]:4.1f}",
        flush=True,
    )


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--worker")
    options = parser.parse_args()
    if options.worker:
        work(*json.loads(options.worker))
        return
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    print(f"{backend}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for case in CASES:
        compare(*case, options.batch, options.repeats)


if __name__ == "__main__":
    main()
