"""How alike pairs of files are, in standard deviations of all pairs."""

from dataclasses import dataclass

import numpy as np

from s3f_pipeline.splits.likeness import COPY, unit
from s3f_pipeline.splits.tallies import Tally

FLAT = 1e-6  # standard deviation of correlations

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class PairScores:
    """How alike the files of one pattern are.

    Attributes:
        raw: Correlations, (n, m).
        scores: Correlations of the deviations from the mean image, as standard scores over all pairs that
            count, and 0 for others.
        counts: Which pairs count: those that are no copies.
    """

    raw: np.ndarray
    scores: np.ndarray
    counts: np.ndarray

    def sums(self, pairs: Pairs) -> np.ndarray:
        """Of the pairs that count: how many, and the sums of their correlations and scores."""
        counted = self.counts[pairs]
        return np.array([counted.sum(), self.raw[pairs][counted].sum(), self.scores[pairs].sum()])

    def dealt(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Sums of scores over the pairs of each deal, rows of ``first`` and ``second``."""
        at = first * np.int32(self.scores.shape[1]) + second.astype(np.int32)
        return np.asarray(self.scores.reshape(-1).take(at).sum(axis=1, dtype=np.float64))

    def tally(self, first: Pairs, pairs: np.ndarray | None, scores: np.ndarray) -> Tally:
        """Add up real pairs: those of the first test, how many each test has, and all sums of scores."""
        count, raw, _ = self.sums(first)
        pairs = np.array([count]) if pairs is None else pairs
        return Tally(len(self.raw), pairs, raw, count * self.raw[self.counts].mean(), scores)


def scores_within(
    features: np.ndarray, twins: np.ndarray, kinds: np.ndarray, rows: np.ndarray
) -> PairScores | None:
    """Compare the files of one pattern, each with the mean image of its kind subtracted."""
    deviations = features[rows].copy()
    for kind in np.unique(kinds[rows]):
        deviations[kinds[rows] == kind] -= deviations[kinds[rows] == kind].mean(axis=0)
    deviations = unit(deviations)
    raw = features[rows] @ features[rows].T
    return _standardise(raw, deviations @ deviations.T, twins[rows][:, None] != twins[rows])


def scores_between(
    features: np.ndarray, twins: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> PairScores | None:
    """Compare files of one pattern with others, with the mean image of these subtracted."""
    mean = features[columns].mean(axis=0)
    deviations = unit(features[rows] - mean) @ unit(features[columns] - mean).T
    raw = features[rows] @ features[columns].T
    return _standardise(raw, deviations, twins[rows][:, None] != twins[columns])


def _standardise(raw: np.ndarray, deviations: np.ndarray, differ: np.ndarray) -> PairScores | None:
    """Scores of pairs that are no copies; ``None`` if no pairs or no differences are left."""
    counts = (raw < COPY) & differ
    counted = deviations[counts]
    if counted.size == 0 or counted.std() < FLAT:
        return None
    scores = (deviations - counted.mean()) / counted.std()
    return PairScores(raw, np.where(counts, scores, 0), counts)
