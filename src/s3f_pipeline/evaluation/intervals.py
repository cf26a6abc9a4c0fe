"""Confidence intervals from replicates over groups, chosen by ``benchmarks/coverage.py``."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from s3f_pipeline.errors import EvaluationError

Ends = tuple[float, float]
ROUNDING = 1e-9
"""Spread, relative to the range or the figure, below which nothing varies."""


@dataclass(frozen=True)
class Basis:
    """What a figure is computed from.

    Attributes:
        images: How many.
        groups: How many they are of.
        equal_groups: How many groups of equal size would weigh as much (Kish): (Σ size)² / Σ size².
    """

    images: int
    groups: int
    equal_groups: float

    @classmethod
    def of(cls, groups: NDArray[np.int64]) -> Self:
        """Count; ``groups`` are those of the images that a figure is about, shape (n,)."""
        sizes = np.unique(groups, return_counts=True)[1].astype(np.float64)
        images = int(sizes.sum())
        return cls(images, len(sizes), images**2 / max(float((sizes**2).sum()), 1))

    @property
    def is_independent(self) -> bool:
        """Whether every group has one image."""
        return self.groups == self.images


def wilson_interval(share: float, n: float, z: float) -> Ends:
    """Wilson score interval of a proportion.

    (p + z²/2n ± z·sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n) treats n trials as independent and, unlike
    p ± z·se, stays inside [0, 1] and is usable for small n and p near 0 or 1.

    Args:
        share: p, in [0, 1].
        n: Number of trials, above 0; it need not be whole.
        z: Two-sided quantile of the coverage that is asked for, such as 1.96.

    Returns:
        Lower and upper end, both in [0, 1].

    Raises:
        EvaluationError: If an argument is outside its range.

    Example:
        >>> low, high = wilson_interval(137 / 156, 156, 1.96)
        >>> round(low, 3), round(high, 3)
        (0.818, 0.921)
    """
    if not (n > 0 and 0 <= share <= 1 and z > 0):
        raise EvaluationError(
            f"No Wilson interval for share={share}, n={n}, z={z}: it takes 0 <= share <= 1, n > 0 and z > 0."
        )
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return float(max(centre - half, 0)), float(min(centre + half, 1))


def score_interval(
    values: NDArray[np.float64], basis: Basis, confidence: float, bounds: Ends, most: float = 1
) -> Ends:
    """Wilson interval of any bounded figure, for as many images as its spread over the groups is worth.

    With p the figure as a share of its range and s its standard deviation over the replicates, these are
    n = p(1 - p) / s² images (an effective sample size, as Korn and Graubard take for proportions of surveys,
    Survey Methodology 24, 1998), at most ``most`` times those there are. Where nothing varies, such as of a
    perfect network, n is that of groups of equal size. The quantile is that of Student's t with one degree of
    freedom less than groups.

    Args:
        values: The figure, then its replicates, shape (1 + replicates,).
        basis: What it is computed from.
        confidence: Coverage, inside (0, 1).
        bounds: Lowest and highest value that it can have.
        most: An image of a proportion counts once at most; ranks, which compare each with many, vary less.
    """
    low, width = bounds[0], bounds[1] - bounds[0]
    share = float(np.clip((values[0] - low) / width, 0, 1))
    n = effective_images(values, basis, bounds, most)
    ends = wilson_interval(share, n, t_quantile(basis, confidence))
    return low + width * ends[0], low + width * ends[1]


def effective_images(values: NDArray[np.float64], basis: Basis, bounds: Ends, most: float = 1) -> float:
    """As how many independent images the images count; arguments as ``score_interval``."""
    share = (values[0] - bounds[0]) / (bounds[1] - bounds[0])
    spread = replicate_spread(values, basis) / (bounds[1] - bounds[0])
    if not 0 < share < 1 or spread <= ROUNDING:
        return basis.equal_groups
    return float(np.clip(share * (1 - share) / spread**2, 1, most * basis.images))


def log_interval(values: NDArray[np.float64], basis: Basis, confidence: float, most: float) -> Ends:
    """Interval of a mean of positive numbers, symmetric in its logarithm.

    Args:
        values: As ``score_interval``.
        basis: As ``score_interval``.
        confidence: As ``score_interval``.
        most: Highest value that the figure can have.
    """
    if values[0] <= 0:
        return 0.0, 0.0
    half = t_quantile(basis, confidence) * replicate_spread(values, basis) / values[0]
    return float(values[0] * np.exp(-half)), float(min(values[0] * np.exp(half), most))


def percentile_interval(values: NDArray[np.float64], confidence: float) -> Ends:
    """Quantiles of the replicates; arguments as ``score_interval``."""
    low, high = np.quantile(_existing(values), ((1 - confidence) / 2, (1 + confidence) / 2))
    return float(low), float(high)


def symmetric_interval(values: NDArray[np.float64], confidence: float) -> Ends:
    """The figure ± its distance to the farther quantile of its replicates; arguments as ``score_interval``.

    For figures that noise makes larger, such as a mean of absolute values: their replicates lie above them,
    as they themselves lie above the truth.
    """
    value, (low, high) = float(values[0]), percentile_interval(values, confidence)
    half = max(high - value, value - low)
    return max(value - half, 0.0), value + half


def replicate_spread(values: NDArray[np.float64], basis: Basis) -> float:
    """Standard deviation of the replicates, corrected for few groups; arguments as ``score_interval``."""
    return float(np.std(_existing(values))) * np.sqrt(basis.groups / max(basis.groups - 1, 1))


def t_quantile(basis: Basis, confidence: float) -> float:
    """Two-sided quantile of Student's t with one degree of freedom less than groups."""
    return float(stdtrit(max(basis.groups - 1, 1), (1 + confidence) / 2))


def normal_quantile(confidence: float) -> float:
    """Two-sided quantile of the normal distribution."""
    return float(ndtri((1 + confidence) / 2))


def _existing(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The replicates in which a figure exists; the figure itself if there are none."""
    existing = values[1:][np.isfinite(values[1:])]
    return existing if existing.size else values[:1]
