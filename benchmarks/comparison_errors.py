"""How often the comparison of networks errs, and how often it finds what there is, on simulated predictions.

    python benchmarks/comparison_errors.py                    # 200 comparisons of each kind, an hour
    python benchmarks/comparison_errors.py --comparisons=20   # a trial

Two networks are asked about the same images. Whether a run names an image right depends on the skill of the
network, on the luck of its seed, on how hard the image is (images of a group are alike), and on chance of this
run with this image:

    skill + luck - hardness - chance > 0

``same``: two copies of one network under fresh seeds; whoever is called better or worse is called so in error.
``apart``: the first is 3 points better. Beside the verdict stands what simpler methods would have called.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, ttest_ind, ttest_rel

from s3f_pipeline.comparison.pairs import compare_pairs
from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.comparison.study import study
from s3f_pipeline.comparison.verdicts import BETTER, EQUAL, WORSE

CLASSES = ("benign", "malignant", "normal")
SHARES = (0.55, 0.27, 0.18)
SETTINGS = ComparisonSettings("balanced_accuracy", 0.01, 0.95, 500, 0)
HARDNESS, CHANCE = 1.0, 0.6
"""Standard deviations."""
ALIKE = 0.5
"""Share of the variance of hardness that the images of a group have in common."""
ACCURACY = 0.85
DIFFERENCE = 0.03


@dataclass(frozen=True)
class Scene:
    """What is simulated.

    Attributes:
        groups: In the test set.
        largest: Images of the largest group; sizes are drawn evenly from 1 to this.
        seeds: Runs of each network.
        luck: Standard deviation of a seed's luck, in units of the score; 0.1 is about 2 points of accuracy.
    """

    groups: int
    largest: int
    seeds: int
    luck: float


SCENES = {
    "BUSI's size, 3 seeds": Scene(120, 3, 3, 0.1),
    "BUSI's size, 3 seeds, no luck": Scene(120, 3, 3, 0.0),
    "BUSI's size, 3 seeds, much luck": Scene(120, 3, 3, 0.3),
    "BUSI's size, 2 seeds": Scene(120, 3, 2, 0.1),
    "BUSI's size, 5 seeds": Scene(120, 3, 5, 0.1),
    "BRISC's size, 3 seeds": Scene(300, 6, 3, 0.1),
    "BRISC's size, 5 seeds, little luck": Scene(300, 6, 5, 0.03),
}


def simulate(scene: Scene, difference: float, rng: np.random.Generator) -> dict[str, list[pd.DataFrame]]:
    """Draw the predictions of two networks."""
    groups = np.repeat(np.arange(scene.groups), rng.integers(1, scene.largest, scene.groups, endpoint=True))
    of_group = rng.choice(len(CLASSES), size=scene.groups, p=SHARES)
    of_group[: 3 * len(CLASSES) * 4] = np.repeat(range(len(CLASSES)), 12)  # no class is rarer than this
    labels, images = of_group[groups], len(groups)
    hardness = HARDNESS * (
        sqrt(ALIKE) * rng.normal(size=scene.groups)[groups] + sqrt(1 - ALIKE) * rng.normal(size=images)
    )
    spread = sqrt(HARDNESS**2 + CHANCE**2 + scene.luck**2)
    tables = {}
    for name, accuracy in (("first", ACCURACY + difference), ("second", ACCURACY)):
        skill = spread * norm.ppf(accuracy)
        seeds = scene.luck * rng.normal(size=(scene.seeds, 1))
        scores = skill + seeds - hardness - CHANCE * rng.normal(size=(scene.seeds, images))
        tables[name] = [_table(groups, labels, of_run, rng) for of_run in scores]
    return tables


def _table(
    groups: NDArray[np.int64],
    labels: NDArray[np.int64],
    scores: NDArray[np.float64],
    rng: np.random.Generator,
) -> pd.DataFrame:
    images = np.arange(len(labels))
    wrong = (labels + rng.integers(1, len(CLASSES), len(labels))) % len(CLASSES)
    right = 0.05 + 0.9 / (1 + np.exp(-2 * scores))
    probabilities = np.zeros((len(labels), len(CLASSES)))
    probabilities[images, labels], probabilities[images, wrong] = right, 1 - right
    named = np.array(CLASSES)
    table = pd.DataFrame({"image_id": images, "group": groups, "split": "test", "label": named[labels]})
    table["predicted"] = named[probabilities.argmax(axis=1)]
    return table.assign(**{f"p_{name}": probabilities[:, number] for number, name in enumerate(CLASSES)})


def judge(tables: dict[str, list[pd.DataFrame]]) -> dict[str, bool]:
    """What is called different (and, by the verdict, equal), by method."""
    compared = study(tables, CLASSES, replicates=SETTINGS.replicates, seed=SETTINGS.seed)
    (pair,) = compare_pairs(compared, SETTINGS)
    first, second = (network[SETTINGS.figure].figures for network in compared.figures.values())
    called = {
        "verdict": pair.verdict in (BETTER, WORSE),
        "bootstrap over groups": pair.cross_checks.groups.p < SETTINGS.level,
        "bootstrap over runs and groups": pair.cross_checks.two_level.p < SETTINGS.level,
        "Welch's t over seeds": ttest_ind(first, second, equal_var=False).pvalue < SETTINGS.level,
        "t over paired seeds": ttest_rel(first, second).pvalue < SETTINGS.level,
        "called equal": pair.verdict == EQUAL,
    }
    return {name: bool(value) for name, value in called.items()}


def shares(scene: Scene, difference: float, comparisons: int, seed: int) -> Iterator[tuple[str, float]]:
    """Share of comparisons in which each method calls the networks different."""
    rng = np.random.default_rng(seed)
    judged = pd.DataFrame([judge(simulate(scene, difference, rng)) for _ in range(comparisons)])
    return ((str(name), float(share)) for name, share in judged.mean().items())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for title, scene in SCENES.items():
        for kind, difference in (("same", 0.0), ("apart", DIFFERENCE)):
            began = time.perf_counter()
            found = dict(shares(scene, difference, options.comparisons, options.seed))
            told = ", ".join(f"{name} {100 * share:.1f} %" for name, share in found.items())
            print(f"{title}, {kind}: {told} ({time.perf_counter() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
