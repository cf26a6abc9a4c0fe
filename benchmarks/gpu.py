"""Seconds per epoch on a GPU, validation included: bilinear SN1 on 5000 drawn images of 256 x 256.

Needs no more than what docs/gpus.md names for a machine without Kedro. The published log of S3F-Net has
12 s per epoch at a batch of 16. Beside the seconds stands how far they are from two floors: the operations of
the convolutions at the peak rate that is given, and the feature maps at the peak bandwidth, each written and
read once forward and twice that backward.

    KERAS_BACKEND=jax PYTHONPATH=src python benchmarks/gpu.py [--batches 16,64,256] [--peak-tflops 989]
        [--peak-terabytes 4.8]

Where there is no GPU, few small images tell whether it runs: ``--images 32 --size 32 --batches 8``.
"""

import argparse
from dataclasses import dataclass

import numpy as np

CLASSES = 4
EPOCHS = 4
"""The first one compiles and is left out."""
CONVOLUTIONS = ((1, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 2), (64, 128, 4), (128, 128, 4), (128, 256, 8),
                (256, 256, 8))  # fmt: skip
"""Of the spatial tower's 3 x 3 kernels: input channels, output channels, divisor of the sides."""
SPECTRAL_MAPS = ((32, 1), (32, 1), (64, 1), (64, 2), (128, 2))
"""Of SN1: channels, divisor of the sides."""


@dataclass(frozen=True)
class Work:
    """What one epoch computes.

    Attributes:
        images: To train on; 0.15 times as many are validated.
        size: Sides of an image.
    """

    images: int
    size: int

    @property
    def validated(self) -> int:
        """Images of the selection split."""
        return max(1, round(0.15 * self.images))

    def traffic(self) -> float:
        """Bytes of the feature maps in bfloat16: two accesses forward, and four backward."""
        maps = (*((outputs, halved) for _, outputs, halved in CONVOLUTIONS), *SPECTRAL_MAPS)
        per_access = sum(2 * channels * (self.size / halved) ** 2 for channels, halved in maps)
        return per_access * (6 * self.images + 2 * self.validated)

    def arithmetic(self) -> float:
        """Floating-point operations: forward, and twice that backward."""
        forward = sum(
            2 * 9 * inputs * outputs * (self.size / halved) ** 2 for inputs, outputs, halved in CONVOLUTIONS
        )
        return forward * (3 * self.images + self.validated)


def measure(work: Work, batch_size: int, peak_tflops: float, peak_terabytes: float) -> None:
    """Train some epochs, and print the median of all but the first."""
    from s3f_pipeline.backend.devices import backend_name, describe_device
    from s3f_pipeline.backend.precision import use_precision
    from s3f_pipeline.models import build_model
    from s3f_pipeline.recipe import TrainingSettings
    from s3f_pipeline.splits.rows import SplitRows
    from s3f_pipeline.training.fit import fit

    policy = use_precision("auto").policy
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (work.images + work.validated, work.size, work.size, 1), np.uint8)
    labels = rng.integers(0, CLASSES, len(images))
    rows = np.arange(len(images))
    trained = fit(
        build_model("bilinear_sn1", (work.size, work.size, 1), CLASSES),
        images,
        SplitRows(rows[: work.images], labels[: work.images]),
        SplitRows(rows[work.images :], labels[work.images :]),
        [str(number) for number in range(CLASSES)],
        TrainingSettings(batch_size=batch_size, epochs=EPOCHS),
        seed=0,
    )
    seconds = trained.history["seconds"].iloc[1:].median()
    floors = work.arithmetic() / (peak_tflops * 1e12), work.traffic() / (peak_terabytes * 1e12)
    print(
        f"{backend_name()}, {describe_device()}, {policy}, {work.images} images of {work.size}x{work.size}, "
        f"batch {batch_size}: {seconds:.2f} s per epoch (published size: at most 2 at a batch of 16), "
        f"{seconds / floors[0]:.1f} times the arithmetic floor of {floors[0]:.2g} s and "
        f"{seconds / floors[1]:.1f} times the memory floor of {floors[1]:.2g} s",
        flush=True,
    )


def main() -> None:
    """Measure each batch size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", default="16,64,256")
    parser.add_argument("--peak-tflops", type=float, default=989.0, help="989: dense bfloat16 of an H200")
    parser.add_argument("--peak-terabytes", type=float, default=4.8, help="per second; 4.8: an H200")
    parser.add_argument("--images", type=int, default=5000, help="to train on")
    parser.add_argument("--size", type=int, default=256, help="of an image, in pixels")
    options = parser.parse_args()
    work = Work(options.images, options.size)
    for batch_size in map(int, options.batches.split(",")):
        measure(work, batch_size, options.peak_tflops, options.peak_terabytes)


if __name__ == "__main__":
    main()
