"""How long prediction takes, against ``Model.predict`` of the same network.

Printed are the milliseconds for one image through a loaded network, and the images per second of batches of
16, each the median of calls in turns.

    python benchmarks/prediction.py
"""

import os
import tempfile
from pathlib import Path

import numpy as np

from s3f_pipeline.turns import in_turns

CALLS = 15
BATCH = 16
CASES = (
    ("spatial", 64, 1 / 3),
    ("bilinear_sn1", 64, 1 / 3),
    ("spatial", 256, 0.6),
    ("bilinear_sn1", 256, 0.6),
)
"""Network, image size, and the wanted share of the time for one image."""


def compare(variant: str, size: int, wanted: float) -> None:
    """Measure one network, and print a line."""
    from s3f_pipeline.models import build_model, load_model
    from s3f_pipeline.training.prediction import Predictor

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        build_model(variant, (size, size, 1), 4).save(path)
        model = load_model(path)
    predictor = Predictor(model)
    images = np.random.default_rng(0).uniform(size=(BATCH, size, size, 1)).astype(np.float32)
    one = images[:1]
    keras_one, ours_one = in_turns(
        [lambda: model.predict(one, verbose=0), lambda: predictor.probabilities(one)], CALLS
    )
    keras_batch, ours_batch = in_turns(
        [lambda: model.predict(images, verbose=0), lambda: predictor.probabilities(images)], CALLS // 3
    )
    print(
        f"{variant:13} {size:3}: one image {1e3 * keras_one:.1f} ms, ours {1e3 * ours_one:.1f} ms, "
        f"{ours_one / keras_one:.2f} of it (at most {wanted:.2f}); batches {BATCH / keras_batch:.0f} "
        f"images/s, ours {BATCH / ours_batch:.0f}, ratio {keras_batch / ours_batch:.2f} (at least 1)"
    )


def main() -> None:
    """Run all comparisons."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for case in CASES:
        compare(*case)


if __name__ == "__main__":
    main()
