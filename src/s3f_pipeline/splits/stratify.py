"""Choose whole groups, so that each class gives its share of images."""

import numpy as np
import pandas as pd

from s3f_pipeline.errors import SplitError

ATTEMPTS = 100
DOMINANT = 1 / 3
"""Share of the wanted images of a class from which a group would decide alone what the set says of it."""


def choose_groups(
    table: pd.DataFrame, share: float, *, take: int = 1, leave: int, seed: int, purpose: str
) -> set[str]:
    """Choose groups that together hold a share of the images, of every class alike.

    Classes are served one after the other, that with the fewest groups first. Its groups are taken
    in random order, those that would make up a third of them and more last, until their images are as
    near to ``share`` as whole groups allow; what is too much or too little is settled with the next
    class. Unlike the folds of scikit-learn's ``StratifiedGroupKFold``, this meets any share, and a class
    with few groups is on both sides.

    Args:
        table: ``label`` and ``group`` of each image, in any order.
        share: Of the images that are chosen, in (0, 1).
        take: At least as many groups of each class are chosen.
        leave: Each class keeps at least as many groups that are not chosen.
        seed: Of the random order.
        purpose: What the groups are chosen for, for the error message.

    Returns:
        The names of the chosen groups.

    Raises:
        SplitError: If a class has too few groups, or groups of several classes are so entangled that
            no choice was found.
    """
    images = pd.crosstab(table["group"], table["label"])
    counts = images.to_numpy()
    _check_enough_groups(images, take + leave, purpose)
    for attempt in range(ATTEMPTS):
        chosen = _draw(counts, share, take, leave, np.random.default_rng((seed, attempt)))
        if _fewest(counts[chosen]) >= take and _fewest(counts[~chosen]) >= leave:
            return set(images.index[chosen])
    raise SplitError(
        f"No {purpose} was found in {ATTEMPTS} attempts that has images of every class and leaves "
        f"some: groups hold images of several classes. Give these classes more groups."
    )


def deal_groups(table: pd.DataFrame, folds: int, *, each: int = 1, seed: int) -> list[set[str]]:
    """Deal whole groups to folds, so that each fold has its share of every class.

    Args:
        table: ``label`` and ``group`` of each image, in any order.
        folds: Number of folds, at least 2.
        each: Every fold gets at least as many groups of each class.
        seed: Of the random order.

    Returns:
        The names of the groups of each fold; every group is in one fold.

    Raises:
        SplitError: If a class has fewer groups than the folds need, or groups of several classes are so
            entangled that no choice was found.
    """
    dealt: list[set[str]] = []
    rest = table
    for others in reversed(range(1, folds)):
        purpose = f"cross-validation of {folds} folds"
        share = 1 / (others + 1)
        chosen = choose_groups(rest, share, take=each, leave=each * others, seed=seed, purpose=purpose)
        dealt.append(chosen)
        rest = rest[~rest["group"].isin(chosen)]
    return [*dealt, set(rest["group"])]


def _draw(counts: np.ndarray, share: float, take: int, leave: int, rng: np.random.Generator) -> np.ndarray:
    """Mark groups, bool of shape (groups,), given their images per class, (groups, classes)."""
    groups_of_class = (counts > 0).sum(axis=0)
    rarest = np.where(counts > 0, groups_of_class, np.iinfo(np.int64).max).argmin(axis=1)
    order, sizes = rng.permutation(len(counts)), counts.sum(axis=1)
    chosen, owed = np.zeros(len(counts), bool), 0.0
    for label in groups_of_class.argsort(kind="stable"):
        members = order[rarest[order] == label]
        is_dominant = sizes[members] >= DOMINANT * share * sizes[members].sum()
        members = members[np.argsort(is_dominant, kind="stable")]
        taken = np.concatenate([[0], sizes[members].cumsum()])
        wanted = share * taken[-1] + owed
        number = min(max(np.abs(taken - wanted).argmin(), take), max(len(members) - leave, 0))
        chosen[members[:number]] = True
        owed = wanted - taken[number]
    return chosen


def _fewest(counts: np.ndarray) -> int:
    """Groups of the class with the fewest."""
    return int((counts > 0).sum(axis=0).min())


def _check_enough_groups(images: pd.DataFrame, needed: int, purpose: str) -> None:
    groups_of_class = (images > 0).sum()
    short = groups_of_class[groups_of_class < needed]
    if not short.empty:
        found = ", ".join(
            f"'{label}' has {count} ({images[label].sum()} images)" for label, count in short.items()
        )
        raise SplitError(
            f"Too few groups to cut a {purpose}: each class needs at least {needed} groups of "
            f"images that may be separated, but {found}. Add images of other patients, or leave "
            f"the class out of the cohort."
        )
