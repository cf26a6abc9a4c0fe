"""How many image files per second are predicted, against the forward pass alone.

JPEG files of 512 x 512 go the whole way: read, hash, decode, resize, forward pass, distances to the feature
vectors of 2,000 training images, files of predictions. The forward pass is that of the same network on
batches that lie in memory. Both take turns.

    python benchmarks/prediction_of_files.py
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from s3f_pipeline.prediction.ensemble import Ensemble

FILES, SIDE = 128, 512
REFERENCES = 2000
ROUNDS = 3
CASES = (("spatial", 64), ("bilinear_sn1", 64), ("spatial", 256), ("bilinear_sn1", 256))
"""Network and image size."""


def write_files(folder: Path) -> None:
    """Write JPEG files of blurred noise."""
    rng = np.random.default_rng(0)
    for number in range(FILES):
        noise = rng.uniform(0, 255, (SIDE // 8, SIDE // 8)).astype(np.uint8)
        image = cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{number:04d}.jpg"), image)


def make_ensemble(variant: str, size: int) -> "Ensemble":
    """Make an untrained network as a bundle that was opened."""
    from s3f_pipeline.models import build_model  # noqa: I001 - imports TensorFlow without its chatter
    from s3f_pipeline.bundle.network import FeatureNetwork
    from s3f_pipeline.bundle.example import Example, drawn_pattern
    from s3f_pipeline.bundle.opening import Bundle
    from s3f_pipeline.bundle.preprocessing import (
        Decisions, InputFormat, Preprocessing, ReferenceFacts, TrainedOn,
    )  # fmt: skip
    from s3f_pipeline.bundle.references import References
    from s3f_pipeline.prediction.ensemble import Ensemble

    network = FeatureNetwork(build_model(variant, (size, size, 1), 4))
    classes = tuple("abcd")
    rng = np.random.default_rng(0)
    features = rng.normal(size=(REFERENCES, network.features))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    hashes = rng.integers(0, 2**63, REFERENCES, np.uint64)
    facts = ReferenceFacts(
        REFERENCES, REFERENCES, network.features, 10, 1.0, 0.05, 5, 0.01, (1 / 64,) * 64, 1.0
    )
    origin = TrainedOn("", "", "", "", 0, None, "", "", {}, "", False, True, {}, "", "", "", "", {})
    says = Preprocessing(
        variant, variant, "float32", InputFormat("grey", (size, size), "stretch", None), classes, {}, None,
        Decisions(1.0, None, None), facts, origin,
    )  # fmt: skip
    example = Example(drawn_pattern(says.input.shape), dict.fromkeys(classes, 0.25))
    bundle = Bundle(Path(), variant, says, References(features.astype(np.float16), hashes), example)
    vars(bundle)["network"] = network
    return Ensemble((bundle,))


def measure(variant: str, size: int, folder: Path) -> None:
    """Measure one network, and print a line."""
    from s3f_pipeline.prediction.predict import BATCH, predict_images
    from s3f_pipeline.prediction.sources import ImageList

    ensemble = make_ensemble(variant, size)
    images = ImageList(folder, tuple(sorted(path.name for path in folder.iterdir())))
    batch = np.random.default_rng(0).integers(0, 256, (BATCH, size, size, 1), np.uint8)
    network = ensemble.members[0].network
    network(batch)
    alone, whole = [], []
    for _ in range(ROUNDS):
        with timed(alone):
            for _ in range(FILES // BATCH):
                network(batch)
        with tempfile.TemporaryDirectory() as chunks, timed(whole):
            predict_images(images, ensemble, Path(chunks))
    (forward, forward_cpu), (files, files_cpu) = (np.median(taken, axis=0) for taken in (alone, whole))
    print(
        f"{variant:13} {size:3}: forward pass alone {FILES / forward:.0f} images/s, files "
        f"{FILES / files:.0f} images/s, {forward / files:.2f} of it; of the processor's time "
        f"{forward_cpu / files_cpu:.2f} is forward pass"
    )


@contextmanager
def timed(taken: list[tuple[float, float]]) -> Iterator[None]:
    """Append the seconds of a block, and those of the processor in it."""
    began = time.perf_counter(), time.process_time()
    yield
    taken.append((time.perf_counter() - began[0], time.process_time() - began[1]))


def main() -> None:
    """Run all cases."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder))
        for case in CASES:
            measure(*case, Path(folder))


if __name__ == "__main__":
    main()
