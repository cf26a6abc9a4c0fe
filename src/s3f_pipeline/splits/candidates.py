"""Pairs of images that may be twins, found without looking at every pair.

Three steps, all whole arrays at a time: nearest neighbours among descriptions that all eight orientations of
an image share, for every region that a crop may have kept; the correlation in the likeliest orientations; and
the tangent distance, which forgives small movements and changes of brightness.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from s3f_pipeline.splits.geometry import ORIENTATIONS, REGIONS, WHOLE, turned_frequencies
from s3f_pipeline.splits.nearest import NearestNeighbours
from s3f_pipeline.splits.tangents import unexplained_ratios
from s3f_pipeline.splits.views import frequency_views, regardless_of_orientation

CHUNK = 512
NEIGHBOURS = 8
LEAST_CORRELATION = 0.85
"""Of the low frequencies, in the region and the orientation that fit best."""
RIVALS = 0.03
"""Orientations that correlate less well by as much are looked at too: many images look much like their
mirrored selves."""
DECIMALS = 5
"""Of a distance: two whole images are as far from each other either way, which rounding must not decide."""
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
    fits = _best_per_pair(fits, "distance", "orientation")
    fits = fits.assign(ratio=unexplained_ratios(thumbnails, rows, fits))
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
        [frequency_views(thumbnails[rows[start : start + CHUNK]], [WHOLE])[0] for start in starts]
    )
    search = NearestNeighbours(regardless_of_orientation(parts))
    for start in starts:
        chunk = thumbnails[rows[start : start + CHUNK]]
        for number, wholes in enumerate(frequency_views(chunk, REGIONS)):
            near = search.of(regardless_of_orientation(wholes), NEIGHBOURS + 1)
            is_other = (near >= 0) & (near != np.arange(start, start + len(near))[:, None])
            correlations = _correlations_of_orientations(wholes, parts[near])
            least = np.maximum(correlations.max(axis=2, keepdims=True) - RIVALS, LEAST_CORRELATION)
            whole, place, orientation = np.nonzero(is_other[..., None] & (correlations >= least))
            yield pd.DataFrame(
                {
                    "whole": (whole + start).astype(np.int32),
                    "part": near[whole, place].astype(np.int32),
                    "region": np.int8(number),
                    "orientation": orientation.astype(np.int8),
                    "distance": np.round(1 - correlations[whole, place, orientation], DECIMALS),
                }
            )


def _correlations_of_orientations(wholes: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Of wholes (n, K, K), in each orientation, with their neighbours (n, m, K, K): (n, m, orientations)."""
    turns = np.stack([turned_frequencies(wholes, turn) for turn in range(ORIENTATIONS)], axis=1)
    described = turns.reshape(len(wholes), ORIENTATIONS, -1)
    return np.asarray(parts.reshape(*parts.shape[:2], -1) @ described.swapaxes(1, 2))
