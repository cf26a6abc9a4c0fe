"""The device that the Keras backend computes on."""

import os
import platform
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import keras

from s3f_pipeline.backend.quiet import native_messages_logged

CPUINFO = Path("/proc/cpuinfo")
WITHOUT_BFLOAT16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI"}
"""Values of ``ONEDNN_MAX_CPU_ISA`` that leave oneDNN no instructions for bfloat16."""


@dataclass(frozen=True)
class Gpu:
    """One GPU of this process.

    Attributes:
        name: As its maker calls it.
        compute_capability: Of an NVIDIA GPU, such as (9, 0); None for other makers.
    """

    name: str
    compute_capability: tuple[int, int] | None


def backend_name() -> str:
    """Name of the Keras backend, such as ``tensorflow``."""
    return str(keras.backend.backend())


def gpus() -> list[Gpu]:
    """List the GPUs that TensorFlow or JAX would compute on; empty for any other backend."""
    match backend_name():
        case "tensorflow":
            with native_messages_logged():
                return _tensorflow_gpus()
        case "jax":
            return _jax_gpus()
        case _:
            return []


def on_gpu() -> bool:
    """Whether the backend computes on a GPU."""
    return bool(gpus())


def jit_compile() -> str | bool:
    """Return ``jit_compile`` for ``Model.compile``: XLA makes TensorFlow slower on the CPU."""
    return False if backend_name() == "tensorflow" and not on_gpu() else "auto"


def describe_device() -> str:
    """Name the device in one line, such as ``2 × NVIDIA H200`` or ``CPU (Intel Xeon, 2 cores)``.

    Where an operation is not spread over all cores, its threads are named too (``2 cores, threads: 1``): on
    another number of threads sums round otherwise.
    """
    names = Counter(gpu.name for gpu in gpus())
    if names:
        return ", ".join(f"{count} × {name}" if count > 1 else name for name, count in names.items())
    cores, threads = os.cpu_count(), _threads()
    limited = "" if threads == cores else f", threads: {threads}"
    return f"CPU ({_cpu_field('model name') or platform.machine()}, {cores} cores{limited})"


def cpu_flags() -> frozenset[str]:
    """Instruction sets of the CPU as Linux names them, such as ``avx512_bf16``; elsewhere empty."""
    return frozenset(_cpu_field("flags").split())


def describe_kernels() -> str:
    """Name what computes on the CPU, such as ``oneDNN, AVX512``, or ``none`` where a GPU computes.

    Other kernels and instructions round otherwise. TensorFlow reads ``TF_ENABLE_ONEDNN_OPTS``, oneDNN
    ``ONEDNN_MAX_CPU_ISA``, which may lower its instructions.
    """
    if on_gpu():
        return "none"
    if backend_name() != "tensorflow":
        return f"{backend_name()}, {_instructions()}"
    switch = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "")
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    library = {"1": "oneDNN", "0": "no oneDNN"}.get(switch, "oneDNN if TensorFlow likes")
    return f"{library}, {_instructions()}" + (f", at most {limit}" if limit else "")


def onednn_without_bfloat16() -> bool:
    """Whether TensorFlow would ask oneDNN for products in bfloat16 that oneDNN is not allowed to compute.

    TensorFlow asks where the CPU has AVX512 (``IsBF16SupportedByOneDNNOnThisCPU``), whatever instructions
    ``ONEDNN_MAX_CPU_ISA`` leaves; the process ends without a message then.
    """
    if backend_name() != "tensorflow" or on_gpu() or os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0":
        return False
    return "avx512f" in cpu_flags() and os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in WITHOUT_BFLOAT16


def _instructions() -> str:
    flags = cpu_flags()
    known = {"avx512f": "AVX512", "avx2": "AVX2", "avx": "AVX"}
    return next((name for flag, name in known.items() if flag in flags), platform.machine())


def _threads() -> int | None:
    limit = os.environ.get("TF_NUM_INTRAOP_THREADS", "") if backend_name() == "tensorflow" else ""
    if limit.isdecimal() and int(limit) > 0:
        return int(limit)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _cpu_field(name: str) -> str:
    if not CPUINFO.exists():
        return ""
    found = re.search(rf"^{name}\s*: (.*)$", CPUINFO.read_text(), re.MULTILINE)
    return found[1].strip() if found else ""


def _tensorflow_gpus() -> list[Gpu]:
    import tensorflow as tf

    details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
    return [Gpu(each.get("device_name", "GPU"), each.get("compute_capability")) for each in details]


def _jax_gpus() -> list[Gpu]:
    import jax

    found = []
    for device in jax.local_devices():
        if device.platform == "gpu":
            numbers = re.fullmatch(r"(\d+)\.(\d+)", device.compute_capability)
            found.append(Gpu(device.device_kind, (int(numbers[1]), int(numbers[2])) if numbers else None))
    return found
