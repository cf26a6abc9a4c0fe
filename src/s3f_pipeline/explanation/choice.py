"""Which images are looked at: fixed by predictions and seed, and recorded."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.sample import Sample

RIGHT, WRONG, UNSURE = "surest right", "surest wrong", "least certain"


@dataclass(frozen=True)
class Shown:
    """A test image that is shown.

    Attributes:
        place: Among the test images.
        kind: ``surest right``, ``surest wrong`` or ``least certain`` of its class.
    """

    place: int
    kind: str


def spread_choice(labels: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """Draw images so that classes have the shares that they have among all, ascending places.

    Images are ordered by class, at random within, and taken at even distances.

    Args:
        labels: Class number of each image, shape (n,).
        most: How many; all where there are fewer.
        seed: Of the order within classes.
    """
    order = np.lexsort((np.random.default_rng(seed).permutation(len(labels)), labels))
    if len(order) <= most:
        return np.arange(len(labels))
    return np.sort(order[((np.arange(most) + 0.5) * len(order) / most).astype(np.int64)])


def choose_shown(sample: Sample, per_kind: int) -> list[Shown]:
    """Choose per true class the surest right, the surest wrong and the least certain images.

    Sure is who gives the predicted class a high probability; uncertain, whose two most probable classes are
    close. No image is chosen twice, and of images of one group one per kind.

    Args:
        sample: The test images.
        per_kind: How many of each class and kind; fewer where there are no more.
    """
    ordered = np.sort(sample.probabilities, axis=1)
    confidence, margin = ordered[:, -1], ordered[:, -1] - ordered[:, -2]
    is_right = sample.probabilities.argmax(axis=1) == sample.labels
    every = np.ones_like(is_right)
    kinds = {RIGHT: (is_right, -confidence), WRONG: (~is_right, -confidence), UNSURE: (every, margin)}
    shown: list[Shown] = []
    for number in range(sample.probabilities.shape[1]):
        for kind, (among, order) in kinds.items():
            taken = {each.place for each in shown}
            places = np.flatnonzero(among & (sample.labels == number))
            best = places[np.argsort(order[places], kind="stable")]
            free = (int(place) for place in best if int(place) not in taken)
            shown += [Shown(place, kind) for place in _of_different_groups(free, sample.groups, per_kind)]
    return shown


def _of_different_groups(places: Iterator[int], groups: NDArray[np.int64], most: int) -> list[int]:
    chosen: dict[int, int] = {}
    for place in places:
        if len(chosen) == most:
            break
        chosen.setdefault(int(groups[place]), place)
    return list(chosen.values())
