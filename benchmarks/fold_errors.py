"""How often a cross-validation calls two copies of one learner different, with learners that really learn.

    python benchmarks/fold_errors.py                    # 500 cross-validations of each kind, minutes
    python benchmarks/fold_errors.py --comparisons=50   # a trial

Each time a data set of BUSI's size is drawn anew: images of a group share most of their features. Small
trees are bagged, and learn it in five grouped folds; they overfit and depend on their seed, as networks do.

``same``: two copies under fresh seeds. ``apart``: the first learner has 12 trees, the second 3. What the
difference is on new patients is measured with 20,000 of them. The verdict is that of the product for folds
(Nadeau and Bengio); beside it what a t-test of the folds as if they were independent would have called.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ttest_1samp
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold

from s3f_pipeline.comparison.fold_tests import fold_test
from s3f_pipeline.comparison.pairs import Folds, compare_pairs
from s3f_pipeline.comparison.settings import ComparisonSettings
from s3f_pipeline.comparison.study import study
from s3f_pipeline.comparison.verdicts import BETTER, WORSE

SETTINGS = ComparisonSettings("balanced_accuracy", 0.01, 0.95, 200, 0)
CLASSES = ("benign", "malignant")
FOLDS, GROUPS, LARGEST, FEATURES = 5, 250, 3, 20
ALIKE = 0.8
"""Share of the variance of features that the images of a group have in common."""
NEW_GROUPS = 20_000
KINDS = {"same": (5, 5), "apart": (12, 3)}
"""Trees of the two learners."""


@dataclass(frozen=True)
class DataSet:
    """Images as features of shape (n, f), labels and groups of shape (n,)."""

    features: NDArray[np.float64]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]


def draw(groups: int, rng: np.random.Generator) -> DataSet:
    """Draw labels that a few features of the group decide, not without noise."""
    of_image = np.repeat(np.arange(groups), rng.integers(1, LARGEST, groups, endpoint=True))
    shared = rng.normal(size=(groups, FEATURES))
    own = rng.normal(size=(len(of_image), FEATURES))
    signal = shared[:, 0] + shared[:, 1] * shared[:, 2] + 0.5 * rng.normal(size=groups)
    labels = (signal > 0).astype(np.int64)[of_image]
    return DataSet(np.sqrt(ALIKE) * shared[of_image] + np.sqrt(1 - ALIKE) * own, labels, of_image)


def learn(data: DataSet, trees: int, rng: np.random.Generator) -> RandomForestClassifier:
    """Train a learner under a fresh seed."""
    learner = RandomForestClassifier(trees, min_samples_leaf=3, random_state=int(rng.integers(2**31)))
    return learner.fit(data.features, data.labels)


def cross_validate(
    data: DataSet,
    trees: int,
    folds: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    rng: np.random.Generator,
) -> tuple[dict[int, float], pd.DataFrame, float]:
    """Train once for each fold.

    Returns:
        The figure of each fold, the predictions of all images, and the mean figure on new patients.
    """
    probabilities, figures, on_new = np.empty(len(data.labels)), {}, []
    new = draw(NEW_GROUPS // FOLDS, rng)
    for fold, (train, test) in enumerate(folds):
        learner = learn(DataSet(data.features[train], data.labels[train], data.groups[train]), trees, rng)
        probabilities[test] = learner.predict_proba(data.features[test])[:, 1]
        figures[fold] = balanced_accuracy_score(data.labels[test], probabilities[test] > 0.5)
        on_new.append(balanced_accuracy_score(new.labels, learner.predict_proba(new.features)[:, 1] > 0.5))
    return figures, _table(data, probabilities), float(np.mean(on_new))


def _table(data: DataSet, probabilities: NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": [f"image_{number}" for number in range(len(data.labels))],
            "group": [f"group_{number}" for number in data.groups],
            "split": "test",
            "label": np.take(CLASSES, data.labels),
            "predicted": np.where(probabilities > 0.5, CLASSES[1], CLASSES[0]),
            "p_benign": 1 - probabilities,
            "p_malignant": probabilities,
        }
    )


def judge(trees: tuple[int, int], rng: np.random.Generator) -> dict[str, float]:
    """What is called different in one cross-validation, and what the difference is."""
    data = draw(GROUPS, rng)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
    folds = list(splitter.split(data.features, data.labels, data.groups))
    (one, first, new_one), (other, second, new_other) = (
        cross_validate(data, each, folds, rng) for each in trees
    )
    compared = study({"first": [first], "second": [second]}, CLASSES, replicates=200, seed=0)
    tested = Folds(*fold_test(one, other, 1 / (FOLDS - 1), FOLDS, SETTINGS), decides=True)
    (pair,) = compare_pairs(compared, SETTINGS, {("first", "second"): tested})
    differences = [one[fold] - other[fold] for fold in one]
    return {
        "verdict": pair.verdict in (BETTER, WORSE),
        "t over folds": ttest_1samp(differences, 0).pvalue < SETTINGS.level,
        "called wrong way": pair.verdict == WORSE and trees[0] > trees[1],
        "difference on new patients": new_one - new_other,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--comparisons", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for kind, trees in KINDS.items():
        rng, began = np.random.default_rng(options.seed), time.perf_counter()
        judged = pd.DataFrame([judge(trees, rng) for _ in range(options.comparisons)]).mean()
        told = ", ".join(f"{name} {100 * value:.1f} %" for name, value in judged.items())
        print(f"{kind}: {told} ({time.perf_counter() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
