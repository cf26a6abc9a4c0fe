"""Time and memory of all figures with their intervals.

python benchmarks/intervals.py [--images 1500] [--classes 7] [--per-group 3]
"""

import argparse
import resource
import time

import numpy as np
import pandas as pd

from s3f_pipeline.evaluation.metrics import compute_metrics


def predictions(images: int, classes: int, per_group: int) -> pd.DataFrame:
    """A table of random predictions, groups of one class each."""
    rng = np.random.default_rng(0)
    groups = np.arange(images) // per_group
    labels = groups % classes
    probabilities = rng.dirichlet(np.ones(classes), images) + np.eye(classes)[labels]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    columns = {f"p_{number}": of_class for number, of_class in enumerate(probabilities.T)}
    return pd.DataFrame(
        {
            "image_id": np.arange(images).astype(str),
            "group": groups.astype(str),
            "split": "test",
            "label": labels.astype(str),
            "predicted": probabilities.argmax(axis=1).astype(str),
            **columns,
        }
    )


def main() -> None:
    """Print what they take."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=1500)
    parser.add_argument("--classes", type=int, default=7)
    parser.add_argument("--per-group", type=int, default=1)
    chosen = parser.parse_args()
    table = predictions(chosen.images, chosen.classes, chosen.per_group)
    wall, processor = time.perf_counter(), time.process_time()
    compute_metrics(table, [str(number) for number in range(chosen.classes)])
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{chosen.images} images of {chosen.classes} classes, {chosen.per_group} to a group: {wall:.1f} s, "
        f"{processor:.1f} s of processor time, peak {peak:.2f} GB"
    )


if __name__ == "__main__":
    main()
