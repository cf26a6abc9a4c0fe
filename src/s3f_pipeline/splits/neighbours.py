"""Images of the validation and test set whose neighbours in the order of files are trained on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaln

from s3f_pipeline.splits.likeness import COPY, twin_codes

CHUNK = 256  # images compared with all others at once
LEVEL = 0.9  # correlation of images that look alike
RARE = 0.05  # probability of what is called nearer than chance would have it


def neighbours_across(
    features: np.ndarray,
    splits: pd.Series,
    order: pd.DataFrame,
    labels: pd.Series,
    *,
    twin_set: pd.Series | None = None,
    within: int = 5,
    permutations: int = 999,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """Look for the training images that are nearest to those of the validation and of the test set.

    Files of the same pattern tell what chance would bring: those within ``within`` places of an image are
    its neighbours, the others are strangers. Had numbers been dealt at random, the nearest of m neighbours
    would be no nearer than that of m files drawn at random. Copies are left out of this, not out of
    the shares of alike images.

    Args:
        features: As ``likeness_features`` returns them.
        splits: ``train``, ``validation``, ``test`` or anything else; in the order of ``features``, as all
            that follows.
        order: As ``file_order`` returns it.
        labels: The class of each image.
        twin_set: The twin set of each image, null without one.
        within: Places in the order of the pattern.
        permutations: Number of random orders of the training images.
        seed: Of the random orders.

    Returns:
        For each of ``validation`` and ``test`` that has images: ``images``; ``median``, of the highest
        correlation with a training image; ``alike``, how many reach ``LEVEL``; ``with_neighbours``, how many
        have neighbours in training; ``nearest_is_neighbour``, the share of these whose nearest training image
        of the pattern is a neighbour, ``nearest_by_chance``, and ``p`` over random orders; ``by_class``,
        these shares and ``with_neighbours`` for each class that has some; ``compared``, how many have so few
        neighbours among so many strangers that a share of ``RARE`` can be told; ``nearer``,
        the share of these whose nearest neighbour is nearer than chance would have it, which happens to at
        most ``RARE`` of them by chance. ``None`` where there is nothing to compare.
    """
    files = _Files(features, twin_codes(twin_set, len(order)), *coordinates(order), within)
    trained = np.flatnonzero(splits.eq("train").fillna(False))
    rng = np.random.default_rng(seed)
    found: dict[str, dict[str, Any]] = {}
    for side in ("validation", "test"):
        rows = np.flatnonzero(splits.eq(side).fillna(False))
        if len(rows) == 0 or len(trained) == 0:
            continue
        seen = files.compare(rows, trained)
        found[side] = {
            "images": len(rows),
            "median": float(np.median(seen.best)),
            "alike": int((seen.best >= LEVEL).sum()),
            "with_neighbours": int(seen.has_neighbours.sum()),
            **_against_random_orders(files, rows, trained, seen, labels.to_numpy(), permutations, rng),
            **_nearer_than_by_chance(seen),
        }
    return found


@dataclass(frozen=True)
class _Seen:
    """What is seen of each of some images among the training images; arrays of shape (images,).

    Attributes:
        best: Highest correlation with a training image.
        nearest: Number of the nearest training image of the pattern.
        neighbours: How many training images of the pattern are neighbours.
        strangers: How many are not.
        farther: How many of these are farther away than the nearest neighbour.
    """

    best: np.ndarray
    nearest: np.ndarray
    neighbours: np.ndarray
    strangers: np.ndarray
    farther: np.ndarray

    @property
    def has_neighbours(self) -> np.ndarray:
        """Which images have neighbours in training, bool of shape (images,)."""
        return self.neighbours > 0


@dataclass(frozen=True)
class _Files:
    """All images in the order of files; arrays as ``likeness_features``, ``twin_codes`` and ``coordinates``.

    Attributes:
        within: Places in the order of the pattern between neighbours.
    """

    features: np.ndarray
    twins: np.ndarray
    pattern: np.ndarray
    rank: np.ndarray
    within: int

    def compare(self, rows: np.ndarray, trained: np.ndarray) -> _Seen:
        """Compare some images with the training images."""
        seen = _Seen(*(np.zeros(len(rows)) for _ in range(5)))
        for part, alike in chunks(self.features, rows, trained):
            chosen = rows[part]
            seen.best[part] = alike.max(axis=1)
            own = self.pattern[chosen][:, None] == self.pattern[trained]
            own &= (alike < COPY) & (self.twins[chosen][:, None] != self.twins[trained])
            near = own & (np.abs(self.rank[chosen][:, None] - self.rank[trained]) <= self.within)
            near_best = np.where(near, alike, -np.inf).max(axis=1)
            seen.nearest[part] = np.where(own, alike, -np.inf).argmax(axis=1)
            seen.neighbours[part], seen.strangers[part] = near.sum(axis=1), (own & ~near).sum(axis=1)
            seen.farther[part] = (own & ~near & (alike < near_best[:, None])).sum(axis=1)
        return seen


def _against_random_orders(
    files: _Files,
    rows: np.ndarray,
    trained: np.ndarray,
    seen: _Seen,
    labels: np.ndarray,
    permutations: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Whether the nearest image is a neighbour more often than in random orders of the training images."""
    tested = seen.has_neighbours
    if not tested.any():
        return {"by_class": {}, **dict.fromkeys(("nearest_is_neighbour", "nearest_by_chance", "p"))}
    at = rows[tested], trained[seen.nearest[tested].astype(int)]
    real, by_chance, random = _near_by_chance(
        files.pattern, files.rank, trained, at, files.within, permutations, rng
    )
    of_class = pd.DataFrame({"real": real, "chance": by_chance}).groupby(labels[at[0]])
    return {
        "nearest_is_neighbour": float(real.mean()),
        "nearest_by_chance": float(by_chance.mean()),
        "p": float((1 + (random >= real.mean()).sum()) / (1 + permutations)),
        "by_class": {
            str(label): {
                "with_neighbours": len(images),
                "nearest_is_neighbour": float(images["real"].mean()),
                "nearest_by_chance": float(images["chance"].mean()),
            }
            for label, images in of_class
        },
    }


def _nearer_than_by_chance(seen: _Seen) -> dict[str, Any]:
    """How many images can be compared, and how many of these have a neighbour nearer than by chance."""
    compared = seen.has_neighbours & (seen.neighbours <= RARE * (seen.neighbours + seen.strangers))
    if not compared.any():
        return {"compared": 0, "nearer": None}
    reached = chance(seen.neighbours[compared], seen.strangers[compared], seen.farther[compared])
    return {"compared": int(compared.sum()), "nearer": float((reached <= RARE).mean())}


def chunks(features: np.ndarray, rows: np.ndarray, others: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Correlations of some rows with all of ``others``."""
    known = features[others].T
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        yield part, features[rows[part]] @ known


def coordinates(order: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Number of each image's pattern, its own where it has none, and its rank."""
    return twin_codes(order["pattern"], len(order)), order["rank"].to_numpy(dtype=float, na_value=np.nan)


def chance(neighbours: np.ndarray, strangers: np.ndarray, farther: np.ndarray) -> np.ndarray:
    """Probability that the nearest neighbour is at least as near, had neighbours been drawn at random.

    They are drawn from neighbours and strangers together, as many as there are.

    Args:
        neighbours: How many there are.
        strangers: How many there are.
        farther: How many strangers are farther away than the nearest neighbour.
    """
    below, all_files = farther + neighbours - 1, strangers + neighbours
    possible = below >= neighbours
    few = np.where(possible, below, neighbours)
    all_below = (
        gammaln(few + 1)
        - gammaln(few - neighbours + 1)
        - gammaln(all_files + 1)
        + gammaln(all_files - neighbours + 1)
    )
    return np.where(possible, 1 - np.exp(all_below), 1.0)


def _near_by_chance(
    pattern: np.ndarray,
    rank: np.ndarray,
    trained: np.ndarray,
    pairs: tuple[np.ndarray, np.ndarray],
    within: int,
    permutations: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which pairs are neighbours; how often each is in random orders of training images, and what share."""
    rows, nearest = pairs
    by_pattern = trained[np.argsort(pattern[trained], kind="stable")]
    shuffled, often, random = rank.copy(), np.zeros(len(rows)), np.zeros(permutations)
    for draw in range(permutations):
        order = np.lexsort((rng.random(len(by_pattern)), pattern[by_pattern]))
        shuffled[by_pattern] = rank[by_pattern[order]]
        near = np.abs(shuffled[nearest] - rank[rows]) <= within
        often += near / permutations
        random[draw] = near.mean()
    return np.abs(rank[nearest] - rank[rows]) <= within, often, random
