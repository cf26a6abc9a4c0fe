import os
import subprocess
import sys
from types import SimpleNamespace

import keras
import pytest

from s3f_pipeline.backend import devices
from s3f_pipeline.backend.devices import (
    Gpu,
    cpu_flags,
    describe_device,
    describe_kernels,
    gpus,
    on_gpu,
    onednn_without_bfloat16,
)

CPUINFO = """processor\t: 0
model name\t: Some CPU @ 2.0GHz
flags\t\t: fpu sse2 avx512_bf16

processor\t: 1
model name\t: Some CPU @ 2.0GHz
flags\t\t: fpu sse2 avx512_bf16
"""


@pytest.fixture
def cpuinfo(monkeypatch, tmp_path):
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(devices, "CPUINFO", path)
    return path


def test_cpu_flags_are_read_where_linux_tells_them(cpuinfo):
    cpuinfo.write_text(CPUINFO)
    assert cpu_flags() == {"fpu", "sse2", "avx512_bf16"}


def test_cpu_flags_are_empty_elsewhere(cpuinfo):
    assert cpu_flags() == frozenset()


@pytest.fixture
def two_cores(cpuinfo, monkeypatch):
    cpuinfo.write_text(CPUINFO)
    monkeypatch.setattr(devices, "gpus", list)
    monkeypatch.setattr(devices.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)


def test_a_cpu_is_described_by_name_and_cores(two_cores):
    assert describe_device() == "CPU (Some CPU @ 2.0GHz, 2 cores)"
    assert not on_gpu()


def test_fewer_threads_than_cores_are_told(two_cores, monkeypatch):
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda process: {1}, raising=False)
    assert describe_device() == "CPU (Some CPU @ 2.0GHz, 2 cores, threads: 1)"


@pytest.mark.parametrize(
    ("backend", "limit", "threads"),
    [("tensorflow", "1", ", threads: 1"), ("tensorflow", "0", ""), ("tensorflow", "2", ""), ("jax", "1", "")],
)
def test_threads_are_limited_as_tensorflow_is_told(two_cores, monkeypatch, backend, limit, threads):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", limit)
    assert describe_device() == f"CPU (Some CPU @ 2.0GHz, 2 cores{threads})"


def test_gpus_are_described_by_number_and_name(monkeypatch):
    found = [Gpu("NVIDIA H200", (9, 0)), Gpu("NVIDIA H200", (9, 0)), Gpu("Tesla T4", (7, 5))]
    monkeypatch.setattr(devices, "gpus", lambda: found)
    assert describe_device() == "2 × NVIDIA H200, Tesla T4"
    assert on_gpu()


def test_this_machine_computes_on_a_gpu_or_on_its_cpu():
    assert describe_device().startswith("CPU (") != on_gpu()


def test_gpus_of_tensorflow(monkeypatch):
    tf = pytest.importorskip("tensorflow")
    details = {"first": {"device_name": "NVIDIA L4", "compute_capability": (8, 9)}, "second": {}}
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: list(details))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.get)
    assert gpus() == [Gpu("NVIDIA L4", (8, 9)), Gpu("GPU", None)]


def test_gpus_of_jax(monkeypatch):
    jax = pytest.importorskip("jax")
    found = [
        SimpleNamespace(platform="gpu", device_kind="NVIDIA L4", compute_capability="8.9"),
        SimpleNamespace(platform="gpu", device_kind="AMD MI300X", compute_capability="gfx942"),
        SimpleNamespace(platform="cpu", device_kind="cpu"),
    ]
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(jax, "local_devices", lambda: found)
    assert gpus() == [Gpu("NVIDIA L4", (8, 9)), Gpu("AMD MI300X", None)]


def test_no_gpus_are_looked_for_with_other_backends(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    assert gpus() == []


@pytest.mark.parametrize(
    ("backend", "switch", "limit", "described"),
    [
        ("tensorflow", "1", "", "oneDNN, AVX512"),
        ("tensorflow", "1", "AVX2", "oneDNN, AVX512, at most AVX2"),
        ("tensorflow", "0", "", "no oneDNN, AVX512"),
        ("jax", "1", "", "jax, AVX512"),
    ],
)
def test_kernels_of_the_cpu_are_described(two_cores, cpuinfo, monkeypatch, backend, switch, limit, described):
    cpuinfo.write_text(CPUINFO.replace("avx512_bf16", "avx avx2 avx512f"))
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", switch)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert describe_kernels() == described


def test_on_a_gpu_the_kernels_of_the_cpu_do_not_count(monkeypatch):
    monkeypatch.setattr(devices, "gpus", lambda: [Gpu("NVIDIA H200", (9, 0))])
    assert describe_kernels() == "none"


def test_onednn_is_on_whatever_the_cpu():
    says = "import os, s3f_pipeline.settings; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    unset = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    child = subprocess.run(
        [sys.executable, "-c", says], env=unset, capture_output=True, text=True, check=True
    )
    assert child.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("backend", "flags", "switch", "limit", "lost"),
    [
        ("tensorflow", "avx2 avx512f", "1", "AVX2", True),
        ("tensorflow", "avx2 avx512f", "1", "avx2_vnni", True),
        ("tensorflow", "avx2 avx512f", "1", "AVX512_CORE", False),
        ("tensorflow", "avx2 avx512f", "1", "", False),
        ("tensorflow", "avx2 avx512f", "0", "AVX2", False),
        ("tensorflow", "avx2", "1", "AVX2", False),
        ("jax", "avx2 avx512f", "1", "AVX2", False),
    ],
)
def test_onednn_may_be_kept_from_bfloat16(cpuinfo, monkeypatch, backend, flags, switch, limit, lost):
    cpuinfo.write_text(CPUINFO.replace("avx512_bf16", flags))
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", switch)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert onednn_without_bfloat16() is lost
