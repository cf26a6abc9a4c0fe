"""The most similar image of another cohort, in any of the eight flips and right-angle rotations.

Every image is compared with every other one: normalised correlations of small thumbnails are products of
matrices, a chunk of rows at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from s3f_pipeline.splits.geometry import directions, turned

SIZE = 64
"""Side in pixels of the thumbnails that are compared."""
CHUNK = 512
ORIENTATIONS = (
    "same",
    "rotated 90",
    "rotated 180",
    "rotated 270",
    "mirrored",
    "mirrored, rotated 90",
    "mirrored, rotated 180",
    "mirrored, rotated 270",
)
"""How an image lies beside its counterpart; degrees counter-clockwise, after mirroring left and right."""


@dataclass(frozen=True)
class Nearest:
    """The nearest image of another cohort, for each image of one.

    Attributes:
        position: Row of the nearest image, int64 of shape (n,).
        orientation: Position in ``ORIENTATIONS``, int64 of shape (n,).
        correlation: With the nearest image, in [-1, 1], float32 of shape (n,).
        elsewhere: Highest correlation with an image of another subject than that of the nearest, in [-1, 1];
            -1 where there is no other.
    """

    position: np.ndarray
    orientation: np.ndarray
    correlation: np.ndarray
    elsewhere: np.ndarray


def nearest(thumbnails: Iterable[np.ndarray], others: Iterable[np.ndarray], subjects: np.ndarray) -> Nearest:
    """Find the nearest image of another cohort, over all images and orientations.

    Args:
        thumbnails: n times uint8 of shape (T, T).
        others: m times uint8 of shape (T, T).
        subjects: Number of the subject of each other image, from 0, int64 of shape (m,).
    """
    order = np.argsort(subjects, kind="stable")
    starts = np.flatnonzero(np.diff(subjects[order], prepend=-1))
    own, theirs = _shrink(thumbnails), directions(_shrink(others)[order])
    parts = [_nearest_of(own[start : start + CHUNK], theirs, starts) for start in range(0, len(own), CHUNK)]
    position, orientation, correlation, elsewhere = (
        np.concatenate(columns) for columns in zip(*parts, strict=True)
    )
    return Nearest(order[position], orientation, correlation, elsewhere)


def _nearest_of(images: np.ndarray, theirs: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, ...]:
    """Compare a chunk of images with all others; these are sorted by subject, which begin at ``starts``."""
    rows = np.arange(len(images))
    position, orientation = np.zeros(len(images), np.int64), np.zeros(len(images), np.int64)
    highest = np.full(len(images), -np.inf, np.float32)
    by_subject = np.full((len(images), len(starts)), -1, np.float32)
    for number in range(len(ORIENTATIONS)):
        correlations = directions(turned(images, number)) @ theirs.T
        best = correlations.argmax(axis=1)
        better = correlations[rows, best] > highest
        position[better], orientation[better] = best[better], number
        highest = np.maximum(highest, correlations[rows, best])
        np.maximum(by_subject, np.maximum.reduceat(correlations, starts, axis=1), out=by_subject)
    by_subject[rows, np.searchsorted(starts, position, side="right") - 1] = -1
    return position, orientation, highest, by_subject.max(axis=1)


def _shrink(thumbnails: Iterable[np.ndarray]) -> np.ndarray:
    return np.stack([cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for image in thumbnails])
