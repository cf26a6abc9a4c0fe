"""How far an image is from the training images: by feature vectors, by hashes, and by its grey values.

Out-of-distribution score: distance to the k-th nearest of the training images' feature vectors, each of
length 1 (Sun, Ming, Zhu, Li: Out-of-Distribution Detection with Deep Nearest Neighbors, ICML 2022, arXiv
2204.06507, which also shows that a random part of the training images is enough).
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.images.decode import to_grey
from s3f_pipeline.images.phash import perceptual_hash

CHUNK = 256
"""Images whose distances are in memory at once."""
GREY_BANDS = 64


class Distances(NamedTuple):
    """Of images from the training images, each of shape (n,).

    Attributes:
        nearest: To the nearest feature vector, 0 to 2.
        score: To the k-th nearest.
    """

    nearest: NDArray[np.float32]
    score: NDArray[np.float32]


class Neighbours:
    """The training images' feature vectors, made ready for the distances of many batches.

    Args:
        references: Of length 1 up to rounding, float32 of shape (m, d), m >= neighbours.
        neighbours: k of the score, at least 1.
    """

    def __init__(self, references: NDArray[np.float32], neighbours: int) -> None:
        """Compute what is the same for every batch."""
        self._references, self._neighbours = references, neighbours
        self._lengths = 1 + np.square(references).sum(axis=1)  # of references not quite 1: they were rounded

    def distances(self, features: NDArray[np.float32]) -> Distances:
        """Euclidean distances of new images' feature vectors, of length 1 and shape (n, d)."""
        nearest, score = np.empty((2, len(features)), np.float32)
        for start in range(0, len(features), CHUNK):
            rows = slice(start, start + CHUNK)
            squared = self._lengths - 2 * (features[rows] @ self._references.T)
            closest = np.sort(np.partition(squared, self._neighbours - 1)[:, : self._neighbours])
            found = np.sqrt(np.maximum(closest, 0))
            nearest[rows], score[rows] = found[:, 0], found[:, -1]
        return Distances(nearest, score)


def hash_number(thumbnail: NDArray[np.uint8]) -> int:
    """Perceptual hash of a grey thumbnail (T, T), as a number of 64 bits."""
    return int(perceptual_hash(np.ascontiguousarray(thumbnail)), 16)


def thumbnail_hashes(thumbnail: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hashes of a grey thumbnail in its eight orientations, shape (8,); the first as it is."""
    turned = [np.rot90(side, turns) for side in (thumbnail, thumbnail.T) for turns in range(4)]
    return np.array([hash_number(one) for one in turned], np.uint64)


def hash_distances(hashes: NDArray[np.uint64], references: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Bits in which images differ from the training image that is most alike, shape (n,).

    Args:
        hashes: Of each image in each orientation, shape (n, orientations).
        references: Of training images as they are, shape (m,).
    """
    return np.array([np.bitwise_count(of_image[:, None] ^ references).min() for of_image in hashes], np.int64)


def grey_shares(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of the pixels of an image (H, W, C) in each of ``GREY_BANDS`` bands of grey."""
    counts = cv2.calcHist([to_grey(image)], [0], None, [GREY_BANDS], [0, 256]).ravel()
    return np.asarray(counts / counts.sum(), np.float64)


def grey_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Wasserstein distance of two distributions of grey, in grey levels (0 to 252).

    Args:
        first: Shares of bands, shape (GREY_BANDS,).
        second: Likewise.
    """
    return float(np.abs(np.cumsum(first - second)).sum() * 256 / len(first))
