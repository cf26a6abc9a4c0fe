"""Twins: exact and near-duplicate images of a cohort."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from s3f_pipeline.errors import ImageError
from s3f_pipeline.images.threads import one_thread_per_call
from s3f_pipeline.images.thumbnails import THUMBNAIL_SIZE
from s3f_pipeline.splits.candidates import PARTNERS, candidate_pairs
from s3f_pipeline.splits.geometry import REGIONS, RELATIONS, turned
from s3f_pipeline.splits.groups import connected
from s3f_pipeline.splits.settings import TwinSettings
from s3f_pipeline.splits.similarity import local_similarity
from s3f_pipeline.splits.tangents import rough_similarities

ROUGHLY = 0.1
"""A pair whose rough similarity is as much below the least one is doubtful."""


def find_twins(index: pd.DataFrame, thumbnails: np.ndarray, settings: TwinSettings) -> pd.DataFrame:
    """Find all exact and near-duplicate images.

    Files with equal SHA-256 are exact twins: k equal files are listed as k - 1 pairs with the first
    of them, which alone is then compared with the other images. Near twins are candidates
    (``candidate_pairs``) that ``local_similarity`` confirms. The order of the rows of ``index`` does
    not matter.

    Args:
        index: With ``image_id`` and ``sha256``.
        thumbnails: uint8 of shape (len(index), T, T) in the order of ``index``, may be memory-mapped.
        settings: What counts as a near-duplicate.

    Returns:
        One row per pair, sorted: ``first``, ``second`` (image ids, first < second), ``kind``
        (``exact`` or ``near``), ``relation`` (``same``, ``mirrored`` or ``rotated``; a mirrored copy may be
        rotated too), ``similarity`` (in [-1, 1]).

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
    exact = exact.assign(kind="exact", relation="same", similarity=1.0)
    with one_thread_per_call():
        near = _near_twins(ordered[~is_copy], thumbnails, rows[~is_copy], settings)
        families = _twins_of_families(ordered[~is_copy], thumbnails, rows[~is_copy], settings, near)
        found = [exact, near, *families]
    twins = pd.concat(found).astype(dict.fromkeys(("first", "second", "kind", "relation"), "string"))
    return twins.sort_values(["first", "second"], ignore_index=True)


def _twins_of_families(
    index: pd.DataFrame, thumbnails: np.ndarray, rows: np.ndarray, settings: TwinSettings, near: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Twins between families so large that their members find one another alone.

    The first of each family searches again among the first of the others, until none finds another.
    """
    twins = near
    while True:
        family = pd.Series(connected(index, twins), index=index.index)
        is_large = family.groupby(family).transform("size") >= PARTNERS
        first = (is_large & ~family.duplicated()).to_numpy()
        if first.sum() < 2:
            return
        found = _near_twins(index[first], thumbnails, rows[first], settings)
        if found.empty:
            return
        yield found
        twins = pd.concat([twins, found])


def _near_twins(
    index: pd.DataFrame, thumbnails: np.ndarray, rows: np.ndarray, settings: TwinSettings
) -> pd.DataFrame:
    pairs = candidate_pairs(thumbnails, rows, unexplained=settings.unexplained)
    least = settings.local_similarity
    doubtful = rough_similarities(thumbnails, rows, pairs) < least - ROUGHLY

    def similarity(pair: tuple[int, int, int, int, bool]) -> float:
        whole, part, region, orientation, doubtful = pair
        second = np.ascontiguousarray(turned(thumbnails[rows[whole]], orientation))
        first = thumbnails[rows[part]]
        return local_similarity(first, second, REGIONS[region], least=least, doubtful=doubtful)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        similarities = pool.map(
            similarity, pairs.assign(doubtful=doubtful).itertuples(index=False, name=None)
        )
        pairs = pairs.assign(similarity=np.fromiter(similarities, float, len(pairs)))
    pairs = pairs[pairs["similarity"] >= least]
    ids = index["image_id"].to_numpy()
    ends = np.sort(pairs[["whole", "part"]].to_numpy(), axis=1)
    return pd.DataFrame(
        {
            "first": ids[ends[:, 0]],
            "second": ids[ends[:, 1]],
            "kind": "near",
            "relation": np.array(RELATIONS)[pairs["orientation"]],
            "similarity": pairs["similarity"].to_numpy(),
        }
    )
