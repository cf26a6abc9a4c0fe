"""Looking at the training images for what a bundle keeps of them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.bundle.likeness import (
    Neighbours,
    grey_distance,
    grey_shares,
    hash_distances,
    hash_number,
    thumbnail_hashes,
)
from s3f_pipeline.bundle.network import FeatureNetwork
from s3f_pipeline.bundle.preprocessing import ReferenceFacts
from s3f_pipeline.bundle.references import References

MOST_BYTES = 16 * 2**20
"""Of the feature vectors of a bundle, float16."""
NEIGHBOURS = 10
FLAGGED_SHARE = 0.05
MOST_TWIN_BITS = 10
MOST_TWIN_SHARE = 0.01
"""Of validation images, which are no twins, that a number of bits may take for some."""
BATCH = 32
SEED = 0


def collect_references(
    network: FeatureNetwork,
    images: NDArray[np.uint8],
    thumbnails: NDArray[np.uint8],
    training: NDArray[np.int64],
    validation: NDArray[np.int64],
) -> tuple[References, ReferenceFacts]:
    """Look at training images once, and find on the validation images from where on to flag.

    Args:
        network: Whose feature vectors are kept.
        images: Image store, uint8 (N, H, W, C).
        thumbnails: uint8 (N, T, T).
        training: Rows of the training images, at least one.
        validation: Rows of the validation images, of which there may be none.

    Returns:
        What is kept, and the facts of it.
    """
    kept = _some_rows(training, MOST_BYTES // (2 * network.features))
    features, greys = _look_at(network, images, kept)
    hashes = [hash_number(thumbnails[row]) for row in training]
    references = References(features.astype(np.float16), np.array(hashes, np.uint64))
    neighbours = min(NEIGHBOURS, len(kept))
    flagged_from = bits = share = distance = None
    if len(validation):
        held_out, held_out_greys = _look_at(network, images, validation)
        found = Neighbours(references.features.astype(np.float32), neighbours).distances(held_out)
        flagged_from = _upper_quantile(found.score)
        turned = np.stack([thumbnail_hashes(thumbnails[row]) for row in validation])
        bits, share = _twin_bits(hash_distances(turned, references.hashes))
        distance = grey_distance(greys, held_out_greys)
    return references, ReferenceFacts(
        training_images=len(training),
        images=len(kept),
        features=network.features,
        neighbours=neighbours,
        flagged_from=flagged_from,
        flagged_share=FLAGGED_SHARE,
        twin_bits=bits,
        twin_share=share,
        grey_levels=tuple(greys.tolist()),
        grey_distance=distance,
    )


def _some_rows(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the rows, drawn at random, in order."""
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(SEED).choice(rows, most, replace=False))


def _look_at(
    network: FeatureNetwork, images: NDArray[np.uint8], rows: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Feature vectors of rows, (n, d), and their mean shares of grey."""
    features, greys = [], np.zeros(())
    for batch in _batches(rows):
        pixels = images[batch]
        features.append(network(pixels).features)
        greys = greys + sum(map(grey_shares, pixels))
    return np.concatenate(features), greys / len(rows)


def _batches(rows: NDArray[np.int64]) -> Iterable[NDArray[np.int64]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def _upper_quantile(scores: NDArray[np.float32]) -> float | None:
    """The score that at most ``FLAGGED_SHARE`` of new images of the same kind exceed."""
    position = int(np.ceil((len(scores) + 1) * (1 - FLAGGED_SHARE)))
    return float(np.sort(scores)[position - 1]) if position <= len(scores) else None


def _twin_bits(distances: NDArray[np.int64]) -> tuple[int | None, float | None]:
    """Most bits that take few validation images for twins, and the share that they take."""
    for bits in range(MOST_TWIN_BITS, -1, -1):
        share = float((distances <= bits).mean())
        if share <= MOST_TWIN_SHARE:
            return bits, share
    return None, None
