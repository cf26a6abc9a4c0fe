"""Two readings of who is one patient: do the images speak for the finer or the coarser one?"""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.splits.likeness import COPY, twin_codes

RANDOM_PAIRS = 20_000
MOST_IMAGES = 6000  # compared with each other: 144 MB


def reading_evidence(
    features: np.ndarray,
    finer: pd.Series,
    coarser: pd.Series,
    *,
    twin_set: pd.Series | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare images of one finer id, of two finer ids with one coarser id, and of other ids.

    Finer ids that differ in digits alone, such as ``person1_virus`` and ``person2_virus``, are of one
    kind. Random pairs are of the same kinds as the pairs that they are compared with: the images of each
    kind are dealt anew to the finer ids, and the finer ids, each by its first image, to the coarser ones.
    Where the coarser reading is right, images of one coarser id are more alike than random
    ones even if their finer ids differ.

    Args:
        features: As ``likeness_features`` returns them.
        finer: Id of each image under the finer reading, null where unknown.
        coarser: Likewise under the coarser one; each finer id has one.
        twin_set: The twin set of each image, null without one; pairs of copies are left out.
        permutations: Number of random deals.
        seed: Of the deals.

    Returns:
        ``same_finer`` and ``same_coarser``, each with ``pairs`` of images, their ``median`` correlation,
        ``random``, the mean over deals of the median correlation of as many pairs, and ``p``, the share of
        deals with a median at least as high; ``random``, the median of random pairs of images with other
        coarser ids. Medians and p are ``None`` where there are no pairs.
    """
    rng = np.random.default_rng(seed)
    rows = _known(finer, coarser, rng)
    names = finer.iloc[rows].astype(str)
    fine, coarse = pd.factorize(names)[0], pd.factorize(coarser.iloc[rows])[0]
    kind = pd.factorize(names.str.replace(r"\d+", "#", regex=True))[0]
    twins = twin_codes(twin_set, len(finer))[rows]
    alike = features[rows] @ features[rows].T
    alike[(alike >= COPY) | (twins[:, None] == twins)] = np.nan
    first = np.unique(fine, return_index=True)[1]
    strangers = rng.integers(len(rows), size=(RANDOM_PAIRS, 2)) if len(rows) else np.empty((0, 2), int)
    strangers = strangers[coarse[strangers[:, 0]] != coarse[strangers[:, 1]]]
    return {
        "same_finer": _evidence(alike, fine, kind, permutations, rng),
        "same_coarser": _evidence(alike[np.ix_(first, first)], coarse[first], kind[first], permutations, rng),
        "random": _median(alike[tuple(strangers.T)]),
    }


def _known(finer: pd.Series, coarser: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Rows with both ids, or those of as many random coarser ids as ``MOST_IMAGES`` hold."""
    rows = np.flatnonzero(finer.notna() & coarser.notna())
    code = pd.factorize(coarser.iloc[rows])[0]
    sizes = np.bincount(code)
    drawn = rng.permutation(len(sizes))
    return rows[np.isin(code, drawn[np.cumsum(sizes[drawn]) <= MOST_IMAGES])]


def _evidence(
    alike: np.ndarray, ids: np.ndarray, kind: np.ndarray, permutations: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Compare the pairs of equal ids with those after dealing anew within each kind."""
    members = pd.Series(np.arange(len(ids))).groupby(ids)
    pairs = [np.array(list(combinations(rows, 2))) for _, rows in members if len(rows) > 1]
    if not pairs or np.isnan(alike[tuple(np.concatenate(pairs).T)]).all():
        return {"pairs": 0, "median": None, "random": None, "p": None}
    first, second = np.concatenate(pairs).T
    real = alike[first, second]
    by_kind = np.argsort(kind, kind="stable")
    random = np.zeros(permutations)
    dealt = np.zeros_like(by_kind)
    for deal in range(permutations):
        dealt[by_kind] = np.lexsort((rng.random(len(kind)), kind))
        random[deal] = np.nanmedian(alike[dealt[first], dealt[second]])
    median = float(np.nanmedian(real))
    return {
        "pairs": int(np.isfinite(real).sum()),
        "median": median,
        "random": float(random.mean()),
        "p": float((1 + (random >= median).sum()) / (1 + permutations)),
    }


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None
