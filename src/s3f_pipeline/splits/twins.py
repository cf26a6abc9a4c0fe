"""Twins: exact and near-duplicate images of a cohort."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.threads import one_thread_per_call
from s3f_pipeline.images.thumbnails import THUMBNAIL_SIZE
from s3f_pipeline.splits.candidates import candidate_pairs
from s3f_pipeline.splits.similarity import local_similarity


@dataclass(frozen=True)
class TwinSettings:
    """What counts as a near-duplicate.

    Attributes:
        hash_radius: Most bits, 0 to 64, in which the perceptual hashes of candidates differ.
        tangent_similarity: Least tangent similarity of candidates, in [0, 1].
        local_similarity: Least similarity on pixels, in [-1, 1], that confirms a candidate.
    """

    hash_radius: int
    tangent_similarity: float
    local_similarity: float


def find_twins(index: pd.DataFrame, thumbnails: np.ndarray, settings: TwinSettings) -> pd.DataFrame:
    """Find all exact and near-duplicate images.

    Files with equal SHA-256 are exact twins: k equal files are listed as k - 1 pairs with the first
    of them, which alone is then compared with the other images. Near twins are candidates
    (``candidate_pairs``) that ``local_similarity`` confirms. The order of the rows of ``index`` does
    not matter.

    Args:
        index: With ``image_id``, ``sha256`` and ``phash``.
        thumbnails: uint8 of shape (len(index), T, T) in the order of ``index``, may be memory-mapped.
        settings: What counts as a near-duplicate.

    Returns:
        One row per pair, sorted: ``first``, ``second`` (image ids, first < second), ``kind``
        (``exact`` or ``near``), ``hamming`` (bits), ``similarity`` (in [-1, 1]).

    Raises:
        ImageError: If the thumbnails do not fit the index.
    """
    shape = (len(index), THUMBNAIL_SIZE, THUMBNAIL_SIZE)
    if thumbnails.shape != shape:
        raise ImageError(
            f"The thumbnails do not fit the index: their shape is {thumbnails.shape}, expected "
            f"is {shape}. Run the ingestion again with --params=force=true."
        )
    rows = np.argsort(index["image_id"].to_numpy(dtype=str), kind="stable")
    ordered = index.iloc[rows]
    original = ordered.groupby("sha256")["image_id"].transform("first")
    is_copy = (ordered["image_id"] != original).to_numpy(dtype=bool)
    exact = pd.DataFrame({"first": original[is_copy], "second": ordered.loc[is_copy, "image_id"]})
    exact = exact.assign(kind="exact", hamming=0, similarity=1.0)
    with one_thread_per_call():
        near = _near_twins(ordered[~is_copy], thumbnails, rows[~is_copy], settings)
    twins = pd.concat([exact, near]).astype({"first": "string", "second": "string", "kind": "string"})
    return twins.sort_values(["first", "second"], ignore_index=True)


def _near_twins(
    index: pd.DataFrame, thumbnails: np.ndarray, rows: np.ndarray, settings: TwinSettings
) -> pd.DataFrame:
    pairs, hamming = candidate_pairs(
        np.array([int(digits, 16) for digits in index["phash"]], np.uint64),
        (thumbnails[row] for row in rows),
        hash_radius=settings.hash_radius,
        tangent_similarity=settings.tangent_similarity,
    )

    def similarity(pair: np.ndarray) -> float:
        first, second = rows[pair]
        return local_similarity(thumbnails[first], thumbnails[second])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        similarities = np.fromiter(pool.map(similarity, pairs), float, len(pairs))
    ids = index["image_id"].to_numpy()
    found = pd.DataFrame(
        {
            "first": ids[pairs[:, 0]],
            "second": ids[pairs[:, 1]],
            "kind": "near",
            "hamming": hamming,
            "similarity": similarities,
        }
    )
    return found[found["similarity"] >= settings.local_similarity]
