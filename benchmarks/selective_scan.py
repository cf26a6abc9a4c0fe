"""What the selective scan takes, against a loop over the sequence, and against Keras' associative scan.

For each feature map of MedMamba at 224 pixels three processes compute the scan and its gradient in turns:
ours; ours with ``keras.ops.associative_scan`` in the chunks; and ``keras.ops.scan`` step by step with the
backend's own gradient. Printed are milliseconds (median), by how much the peak memory of a process grew, and
both in multiples of ours. The backend is that of KERAS_BACKEND.

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
FORMULATIONS = ("ours", "associative_scan", "loop")


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


def associative_scan(decay: Any, value: Any, start: Any, *, reverse: bool = False) -> Any:
    """``linear_recurrence`` with Keras' own scan."""
    from keras import ops

    def join(first: Any, second: Any) -> Any:
        return second[0] * first[0], second[0] * first[1] + second[1]

    decays, values = ops.associative_scan(join, (decay, value), reverse=reverse)
    return decays * start + values


def formulate(formulation: str) -> Callable[..., Any]:
    """Return the scan in one of the formulations."""
    from s3f_pipeline.models import selective_scan

    if formulation == "loop":
        return step_by_step
    if formulation == "associative_scan":
        selective_scan.linear_recurrence = associative_scan
    return selective_scan.selective_scan


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
    compute = with_gradient(formulate(formulation))
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
    """Measure all formulations in turns, and print a line each."""
    workers = [
        subprocess.Popen(
            [sys.executable, __file__, "--worker", json.dumps([formulation, side, channels, batch])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for formulation in FORMULATIONS
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
    ours = median(times[0])
    for formulation, taken, grown in zip(FORMULATIONS, times, memory, strict=True):
        print(
            f"{side:2} x {side:2} x {channels:3}, {formulation:16}: {median(taken):6.0f} ms "
            f"({median(taken) / ours:4.1f}), {grown:5.0f} MB ({grown / memory[0]:4.1f})",
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
