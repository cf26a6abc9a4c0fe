import pytest

from s3f_pipeline.backend import precision
from s3f_pipeline.backend.devices import Gpu
from s3f_pipeline.backend.precision import choose_precision
from s3f_pipeline.errors import TrainingError

AMPERE, TURING, AMD = Gpu("NVIDIA A100", (8, 0)), Gpu("Tesla T4", (7, 5)), Gpu("AMD MI300X", None)


@pytest.mark.parametrize(
    ("gpus", "flags", "policy", "reason"),
    [
        ([AMPERE], set(), "mixed_bfloat16", "NVIDIA A100 has bfloat16 units"),
        ([TURING], {"avx512_bf16"}, "float32", "Tesla T4 is not known to have bfloat16 units"),
        ([AMPERE, TURING], set(), "float32", "Tesla T4 is not known to have bfloat16 units"),
        ([AMD], set(), "float32", "AMD MI300X is not known to have bfloat16 units"),
        ([], {"sse2", "avx512_bf16"}, "mixed_bfloat16", "the CPU has avx512_bf16"),
        ([], {"amx_bf16"}, "mixed_bfloat16", "the CPU has amx_bf16"),
        ([], {"sse2", "avx512f"}, "float32", "the CPU has no bfloat16 instructions"),
    ],
)
def test_auto_follows_the_hardware(monkeypatch, gpus, flags, policy, reason):
    monkeypatch.setattr(precision, "onednn_without_bfloat16", lambda: False)
    monkeypatch.setattr(precision, "gpus", lambda: gpus)
    monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset(flags))
    chosen = choose_precision("auto")
    assert (chosen.policy, chosen.reason) == (policy, reason)


@pytest.mark.parametrize("requested", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_a_request_is_followed_whatever_the_hardware(monkeypatch, requested):
    monkeypatch.setattr(precision, "onednn_without_bfloat16", lambda: False)
    monkeypatch.setattr(precision, "gpus", lambda: [TURING])
    assert choose_precision(requested).policy == requested


def test_where_onednn_is_kept_from_bfloat16_nothing_is_computed_in_it(monkeypatch):
    monkeypatch.setattr(precision, "gpus", list)
    monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset({"avx512f", "avx512_bf16"}))
    monkeypatch.setattr(precision, "onednn_without_bfloat16", lambda: True)
    assert choose_precision("auto").policy == "float32"
    with pytest.raises(TrainingError, match="Unset ONEDNN_MAX_CPU_ISA"):
        choose_precision("mixed_bfloat16")
