"""The numeric precision that suits the device."""

from dataclasses import dataclass
from typing import Literal

import keras

from s3f_pipeline.backend.devices import cpu_flags, gpus, onednn_without_bfloat16
from s3f_pipeline.errors import TrainingError

FIRST_WITH_BFLOAT16 = (8, 0)
"""Compute capability of NVIDIA's Ampere, the first with bfloat16 tensor cores."""
CPU_BFLOAT16 = {"avx512_bf16", "amx_bf16"}
LIMITED = "ONEDNN_MAX_CPU_ISA leaves oneDNN no instructions for bfloat16"


@dataclass(frozen=True)
class Precision:
    """A Keras dtype policy and why it was chosen.

    Attributes:
        policy: Name for ``keras.config.set_dtype_policy``.
        reason: For log and report.
    """

    policy: str
    reason: str


def choose_precision(
    requested: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"],
) -> Precision:
    """Choose the dtype policy of a network.

    ``auto`` computes in bfloat16, with float32 weights, where the hardware multiplies bfloat16 natively:
    NVIDIA GPUs from compute capability 8.0 on, and CPUs with AVX512-BF16 or AMX-BF16. Elsewhere it is
    float32. Everything else is taken as it is.

    Raises:
        TrainingError: If bfloat16 is asked for, and ``ONEDNN_MAX_CPU_ISA`` leaves no instructions for it.
    """
    if requested == "mixed_bfloat16" and onednn_without_bfloat16():
        raise TrainingError(
            f"{LIMITED}, and training.precision is mixed_bfloat16. Unset ONEDNN_MAX_CPU_ISA, set "
            f"TF_ENABLE_ONEDNN_OPTS=0, or choose --params=training.precision=float32."
        )
    if requested != "auto":
        return Precision(requested, "as configured")
    if found := gpus():
        slow = [gpu.name for gpu in found if (gpu.compute_capability or (0, 0)) < FIRST_WITH_BFLOAT16]
        if slow:
            return Precision("float32", f"{slow[0]} is not known to have bfloat16 units")
        return Precision("mixed_bfloat16", f"{found[0].name} has bfloat16 units")
    if onednn_without_bfloat16():
        return Precision("float32", LIMITED)
    if native := CPU_BFLOAT16 & cpu_flags():
        return Precision("mixed_bfloat16", f"the CPU has {', '.join(sorted(native))}")
    return Precision("float32", "the CPU has no bfloat16 instructions")


def use_precision(
    requested: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"],
) -> Precision:
    """Choose as ``choose_precision`` does, for all networks built from now on."""
    chosen = choose_precision(requested)
    keras.config.set_dtype_policy(chosen.policy)
    return chosen
