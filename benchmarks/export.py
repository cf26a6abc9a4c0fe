"""How long an exported network takes in onnxruntime, against the same network in Keras, on the CPU.

Both compute in float32, on as many threads as there are cores, and take turns. Keras' side is the compiled
forward pass of this project, with its FFT. Printed are the largest difference of a probability, the
milliseconds of one image, the images per second of batches of 16, each the median of calls in turns, and the
size of the files.

    python benchmarks/export.py
"""

import os
import tempfile
from pathlib import Path

import numpy as np

from s3f_pipeline.turns import in_turns

CALLS = 15
BATCH = 16
CASES = (
    ("spatial", (64, 64, 1)),
    ("bilinear_sn1", (64, 64, 1)),
    ("bilinear_sn2", (64, 64, 1)),
    ("resnet18", (64, 64, 1)),
    ("spatial", (256, 256, 1)),
    ("spectral_sn1", (256, 256, 1)),
    ("bilinear_sn1", (256, 256, 1)),
    ("bilinear_sn1", (225, 300, 3)),
)
"""Network and shape of the input."""


def compare(variant: str, shape: tuple[int, int, int], folder: Path) -> None:
    """Measure one network, and print a line."""
    from s3f_pipeline.models import build_model  # noqa: I001 - imports TensorFlow without its chatter
    from s3f_pipeline.backend.forward import compile_forward
    from s3f_pipeline.export.conversion import convert

    model = build_model(variant, shape, 4)
    in_onnxruntime = convert(model, folder / "model.onnx")
    in_keras = compile_forward(model)
    model.save(folder / "model.keras")
    images = np.random.default_rng(0).uniform(size=(BATCH, *shape)).astype(np.float32)
    one = images[:1]
    difference = np.abs(in_onnxruntime(images) - in_keras(images)).max()
    keras_one, onnx_one = in_turns([lambda: in_keras(one), lambda: in_onnxruntime(one)], CALLS)
    keras_batch, onnx_batch = in_turns([lambda: in_keras(images), lambda: in_onnxruntime(images)], CALLS // 3)
    onnx_size, keras_size = ((folder / f"model.{kind}").stat().st_size / 1e6 for kind in ("onnx", "keras"))
    print(
        f"{variant:13} {'×'.join(map(str, shape)):9}: difference {difference:.0e}; one image Keras "
        f"{1e3 * keras_one:.1f} ms, onnxruntime {1e3 * onnx_one:.1f} ms, {onnx_one / keras_one:.2f} of it; "
        f"batches Keras {BATCH / keras_batch:.0f} images/s, onnxruntime {BATCH / onnx_batch:.0f}, "
        f"{keras_batch / onnx_batch:.2f} times as many; files {keras_size:.1f} MB, {onnx_size:.1f} MB",
        flush=True,
    )


def main() -> None:
    """Run all comparisons."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            compare(*case, Path(folder))


if __name__ == "__main__":
    main()
