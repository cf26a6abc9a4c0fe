"""How much runs of files that are torn apart flatter a nearest-neighbour classifier."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from s3f_pipeline.splits.neighbours import chunks, coordinates
from s3f_pipeline.splits.sequence import runs

MOST_TESTED = 5000  # images classified by their nearest neighbour


def neighbour_optimism(
    features: np.ndarray,
    labels: pd.Series,
    groups: pd.Series,
    order: pd.DataFrame,
    *,
    length: int = 40,
    seed: int = 0,
) -> dict[str, Any] | None:
    """How much better does a nearest-neighbour classifier look when runs of files are torn apart?

    Each image gets the label of the most alike image that is not of its group, once without its own run
    of files and once without another run of its pattern, averaged over all others: both classifiers know
    equally many images of each class. Were numbers dealt at random, they would be equally good.

    Args:
        features: As ``likeness_features`` returns them, of the images that are trained and validated on.
        labels: Class of each image.
        groups: Group of each image.
        order: As ``file_order`` returns it.
        length: Files of one run.
        seed: Of the runs that are classified where there are more than ``MOST_TESTED`` images.

    Returns:
        ``images`` and ``runs`` that were classified; accuracies ``by_groups`` (all other groups known) and
        ``by_runs`` (its own run unknown); ``control`` (another run unknown); ``optimism``, ``control`` less
        ``by_runs``, with its 95 % interval ``low`` to ``high``, over runs. ``None`` without two runs of
        a pattern.
    """
    run = pd.factorize(runs(order, length))[0]
    group, label = pd.factorize(groups)[0], pd.factorize(labels)[0]
    pattern, _ = coordinates(order)
    by_pattern = pd.Series(run).where(run >= 0).groupby(pattern).transform("nunique").to_numpy()
    tested = np.where((run >= 0) & (by_pattern >= 2), run, -1)
    rows = _whole_runs(tested, np.random.default_rng(seed))
    if len(np.unique(run[rows])) < 2:
        return None
    right = {name: np.zeros(len(rows)) for name in ("by_groups", "by_runs", "control")}
    for part, alike in chunks(features, rows, np.arange(len(features))):
        chosen = rows[part]

        def classify(unknown: np.ndarray, alike: np.ndarray = alike) -> np.ndarray:
            return np.where(unknown, -np.inf, alike).argmax(axis=1)

        same_group = group[chosen][:, None] == group
        first = classify(same_group)
        second = classify(same_group | (run[first][:, None] == run))
        own = classify(same_group | (run[chosen][:, None] == run))
        met = (pattern[first] == pattern[chosen]) & (run[first] != run[chosen]) & (run[first] >= 0)
        lost = 1 / (by_pattern[chosen] - 1)
        right["by_groups"][part] = label[first] == label[chosen]
        right["by_runs"][part] = label[own] == label[chosen]
        right["control"][part] = np.where(met, 1 - lost, 1) * (label[first] == label[chosen])
        right["control"][part] += np.where(met, lost, 0) * (label[second] == label[chosen])
    return _paired(right, run[rows])


def _whole_runs(run: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of the runs from 0, or of as many random ones as ``MOST_TESTED`` images hold."""
    sizes = np.bincount(run[run >= 0])
    drawn = rng.permutation(len(sizes))
    kept = drawn[np.cumsum(sizes[drawn]) <= MOST_TESTED]
    return np.flatnonzero(np.isin(run, kept))


def _paired(right: dict[str, np.ndarray], run: np.ndarray) -> dict[str, Any]:
    """Means, and a t interval of their difference with whole runs as units."""
    number = np.unique(run, return_inverse=True)[1]
    sizes = np.bincount(number)
    gains = np.bincount(number, right["control"] - right["by_runs"])
    optimism = gains.sum() / len(run)
    spread = np.sqrt(len(sizes) / (len(sizes) - 1) * np.sum((gains - optimism * sizes) ** 2)) / len(run)
    margin = spread * student_t.ppf(0.975, len(sizes) - 1)
    return {
        "images": len(run),
        "runs": len(sizes),
        **{name: float(values.mean()) for name, values in right.items()},
        "optimism": float(optimism),
        "low": float(optimism - margin),
        "high": float(optimism + margin),
    }
