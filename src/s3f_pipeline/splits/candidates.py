"""Pairs of images that may be twins, found without looking at every pair.

Three steps, all whole arrays at a time: nearest neighbours among descriptions that all eight orientations of
an image share, for every region that a crop may have kept; the correlation in the likeliest orientations; and
the tangent distance, which forgives small movements and changes of brightness.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from s3f_pipeline.splits.geometry import ORIENTATIONS, REGIONS, WHOLE, turned_frequencies
from s3f_pipeline.splits.nearest import NearestNeighbours
from s3f_pipeline.splits.tangents import unexplained_ratios
from s3f_pipeline.splits.views import frequency_views, regardless_of_orientation

CHUNK = 512
BLOCK = 4096
"""Images whose planes of movement are in memory at a time: 90 MB."""
NEIGHBOURS = 8
LEAST_CORRELATION = 0.85
"""Of the low frequencies, in the region and the orientation that fit best."""
RIVALS = 0.03
"""Orientations that correlate less well by as much are looked at too: many images look much like their
mirrored selves."""
PARTNERS = 4
"""Of an image, at most as many are looked at; larger families find each other in ``find_twins``."""
FIT = ["whole", "part", "region", "orientation"]


def candidate_pairs(thumbnails: np.ndarray, rows: np.ndarray, *, unexplained: float) -> pd.DataFrame:
    """Find the pairs worth looking at.

    Args:
        thumbnails: uint8 of shape (n, T, T), may be memory-mapped; read in chunks.
        rows: Positions of the images that are looked at, int64 of shape (m,).
        unexplained: Most of an image's variance that small affine movements of the other image, and a change
            of brightness and contrast, leave unexplained, in units of what they leave unexplained between
            that other image and its own crop (``unexplained_ratios``).

    Returns:
        One row per pair, sorted by ``whole`` and ``part`` (places in ``rows``): the image ``part`` may be a
        copy of the region number ``region`` of the image ``whole`` after it was turned by ``orientation``.
        Each pair is there once, as it fits best.
    """
    fits = pd.concat(_correlated(thumbnails, rows), ignore_index=True)
    fits = _best_per_pair(fits, "distance", "orientation").sort_values(["part", *FIT], ignore_index=True)
    bounds = np.searchsorted(fits["part"], range(0, len(rows) + BLOCK, BLOCK))
    blocks = [
        fits.iloc[low:high].assign(ratio=unexplained_ratios(thumbnails, rows, fits.iloc[low:high]))
        for low, high in pairwise(bounds)
        if low < high
    ]
    fits = pd.concat([fits[:0].assign(ratio=0.0), *blocks])
    kept = _nearest_partners(_best_per_pair(fits[fits["ratio"] <= unexplained], "ratio"))
    return kept[FIT].sort_values(FIT, ignore_index=True)


def _best_per_pair(fits: pd.DataFrame, by: str, *also: str) -> pd.DataFrame:
    """Of the rows of each pair, whichever of the two is the whole, that with the lowest value."""
    ends = fits[["whole", "part"]].to_numpy()
    fits = fits.assign(first=ends.min(axis=1), second=ends.max(axis=1))
    fits = fits.sort_values([by, *FIT])
    return fits.drop_duplicates(["first", "second", *also]).drop(columns=["first", "second"])


def _nearest_partners(fits: pd.DataFrame) -> pd.DataFrame:
    """The pairs, once each, in which one is among the PARTNERS of the other that fit best."""
    ends = pd.concat([fits["whole"], fits["part"]], ignore_index=True)
    ratios = pd.concat([fits["ratio"], fits["ratio"]], ignore_index=True)
    ranks = ratios.groupby(ends).rank(method="first").to_numpy().reshape(2, -1)
    return fits[ranks.min(axis=0) <= PARTNERS]


def _correlated(thumbnails: np.ndarray, rows: np.ndarray) -> Iterator[pd.DataFrame]:
    """Neighbours that correlate, in any region, with their likeliest orientations."""
    starts = range(0, len(rows), CHUNK)
    parts = np.concatenate(
        [frequency_views(thumbnails[rows[start : start + CHUNK]], WHOLE) for start in starts]
    )
    search = NearestNeighbours(regardless_of_orientation(parts))
    for number, region in enumerate(REGIONS):
        for start in starts:
            wholes = frequency_views(thumbnails[rows[start : start + CHUNK]], region)
            near = search.of(regardless_of_orientation(wholes), NEIGHBOURS + 1)
            whole, place = np.nonzero((near >= 0) & (near != np.arange(start, start + len(near))[:, None]))
            part = near[whole, place]
            correlations = np.stack(
                [
                    np.einsum("nij,nij->n", turned_frequencies(wholes, orientation)[whole], parts[part])
                    for orientation in range(ORIENTATIONS)
                ],
                axis=1,
            )
            least = np.maximum(correlations.max(axis=1) - RIVALS, LEAST_CORRELATION)
            pair, orientation = np.nonzero(correlations >= least[:, None])
            yield pd.DataFrame(
                {
                    "whole": (whole[pair] + start).astype(np.int32),
                    "part": part[pair].astype(np.int32),
                    "region": np.int8(number),
                    "orientation": orientation.astype(np.int8),
                    "distance": 1 - correlations[pair, orientation].astype(np.float32),
                }
            )
