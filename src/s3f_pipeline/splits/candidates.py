"""Pairs of images that may be twins, found without looking at every pair in Python.

Two steps, both whole arrays at a time: perceptual hashes within a Hamming radius, then the tangent
distance (P. Simard, Y. LeCun, J. Denker, "Efficient Pattern Recognition Using a New Transformation
Distance", NIPS 1992), which forgives small shifts, crops, rotations and changes of brightness.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from s3f_pipeline.images.thumbnails import inner

CHUNK = 256
COARSE_SIZE = 30
BLUR = 1.0


def candidate_pairs(
    hashes: np.ndarray,
    thumbnails: Iterable[np.ndarray],
    *,
    hash_radius: int,
    tangent_similarity: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the pairs worth looking at.

    Args:
        hashes: Perceptual hashes, uint64 of shape (n,).
        thumbnails: n times uint8 of shape (T, T), read once and not kept.
        hash_radius: Most bits in which two hashes may differ.
        tangent_similarity: Least share of an image's variance, in [0, 1], that small affine movements
            of the other image, and a change of brightness and contrast, explain.

    Returns:
        Positions of the pairs, int64 of shape (pairs, 2) with first < second, and their Hamming
        distances of shape (pairs,).
    """
    coarse = np.stack([_coarse(image) for image in thumbnails])
    directions = _normalise(_flatten(coarse))
    pairs, distances = [np.empty((0, 2), np.int64)], [np.empty(0, np.int64)]
    for start in range(0, len(hashes) - 1, CHUNK):
        rows = slice(start, start + CHUNK)
        hamming = np.bitwise_count(hashes[rows, None] ^ hashes[None, start + 1 :])
        first, second = np.nonzero(np.triu(hamming <= hash_radius))
        explained = _explained(directions, second + start + 1, _tangent_bases(coarse[rows]), first)
        kept = explained >= tangent_similarity
        first, second = first[kept], second[kept]
        pairs.append(np.stack([first + start, second + start + 1], axis=1))
        distances.append(hamming[first, second].astype(np.int64))
    return np.concatenate(pairs), np.concatenate(distances)


def _coarse(image: np.ndarray) -> np.ndarray:
    """Shrink and blur the inner part so far that the movements looked for are less than a pixel."""
    small = cv2.resize(inner(image), (COARSE_SIZE, COARSE_SIZE), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small.astype(np.float32), (0, 0), BLUR)


def _flatten(images: np.ndarray) -> np.ndarray:
    """(n, s, s) to (n, pixels), without the outermost pixels, whose gradients are one-sided."""
    return images[:, 1:-1, 1:-1].reshape(len(images), -1)


def _normalise(vectors: np.ndarray) -> np.ndarray:
    """Mean 0 and length 1; vectors of constant images become 0."""
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 1e-3)


def _tangent_bases(images: np.ndarray) -> np.ndarray:
    """Orthonormal bases, (n, 7, pixels), of the planes in which images move.

    They are spanned by the image itself (contrast) and its derivatives with respect to the six
    parameters of an affine map.
    """
    dy, dx = np.gradient(images, axis=(1, 2))
    y, x = np.mgrid[-0.5 : 0.5 : COARSE_SIZE * 1j, -0.5 : 0.5 : COARSE_SIZE * 1j].astype(np.float32)
    movements = [_flatten(m) for m in (images, dx, dy, x * dx, y * dx, x * dy, y * dy)]
    spanning = np.stack(movements, axis=2)
    spanning -= spanning.mean(axis=1, keepdims=True)
    return np.linalg.qr(spanning).Q.transpose(0, 2, 1)


def _explained(
    directions: np.ndarray, second: np.ndarray, bases: np.ndarray, first: np.ndarray
) -> np.ndarray:
    """Share of the variance of each ``second`` image that lies in the plane of its ``first``.

    ``first`` is sorted, so that all partners of one image are projected in one product.
    """
    explained = np.empty(len(first), np.float32)
    bounds = np.searchsorted(first, np.arange(len(bases) + 1))
    for basis, low, high in zip(bases, bounds[:-1], bounds[1:], strict=True):
        explained[low:high] = np.square(directions[second[low:high]] @ basis.T).sum(axis=1)
    return explained
