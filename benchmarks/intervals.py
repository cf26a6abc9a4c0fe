"""Time and memory of all figures with their intervals.

python benchmarks/intervals.py [--images 1500] [--classes 7] [--per-group 3] [--whole]

``--whole`` adds as many validation images, calibration, sets of classes and a subgroup column of four values.
"""

import argparse
import resource
import time

import numpy as np
import pandas as pd

from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.evaluation.uncertainty import Asked, uncertainty_blocks, with_calibrated

ASKED = Asked(
    is_binary=False,
    validation_chose_epoch=True,
    subgroups={"site": ()},
    prevalence=None,
    thresholds=None,
    conformal_level=0.9,
    confidence=0.95,
    replicates=2000,
    seed=0,
)


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


def evaluate_the_rest(test: pd.DataFrame, classes: list[str]) -> None:
    """Figures of validation, calibration, sets of classes, and a subgroup, as an experiment has them."""
    validation = test.assign(split="validation", image_id="v" + test["image_id"], group="v" + test["group"])
    compute_metrics(validation, classes)
    both = with_calibrated(pd.concat([validation, test], ignore_index=True), classes)
    index = pd.DataFrame({"image_id": both["image_id"], "official_split": "train"})
    index["site"] = np.take(["brain", "breast", "chest", "skin"], np.arange(len(both)) % 4)
    uncertainty_blocks(both, index, classes, ASKED)


def main() -> None:
    """Print what they take."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=1500)
    parser.add_argument("--classes", type=int, default=7)
    parser.add_argument("--per-group", type=int, default=1)
    parser.add_argument("--whole", action="store_true")
    chosen = parser.parse_args()
    table = predictions(chosen.images, chosen.classes, chosen.per_group)
    classes = [str(number) for number in range(chosen.classes)]
    wall, processor = time.perf_counter(), time.process_time()
    compute_metrics(table, classes)
    if chosen.whole:
        evaluate_the_rest(table, classes)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{chosen.images} images of {chosen.classes} classes, {chosen.per_group} to a group: {wall:.1f} s, "
        f"{processor:.1f} s of processor time, peak {peak:.2f} GB"
    )


if __name__ == "__main__":
    main()
