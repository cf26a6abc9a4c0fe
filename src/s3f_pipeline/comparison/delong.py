"""DeLong's test of two areas under the ROC curve on the same independent images."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata


@dataclass(frozen=True)
class Placements:
    """Where the images of a class stand among the others by their scores; ties count by half.

    Attributes:
        inside: Of each image of the class, the share of the others below it.
        outside: Of each other image, the share of the class above it.
    """

    inside: NDArray[np.float64]
    outside: NDArray[np.float64]

    @classmethod
    def of(cls, is_class: NDArray[np.bool_], scores: NDArray[np.float64]) -> "Placements":
        """Rank the images.

        Args:
            is_class: Whether each image is of the class, shape (n,).
            scores: Of the class, shape (n,).
        """
        among_all = rankdata(scores)
        below = among_all[is_class] - rankdata(scores[is_class])
        above = among_all[~is_class] - rankdata(scores[~is_class])
        return cls(below / np.count_nonzero(~is_class), 1 - above / np.count_nonzero(is_class))

    @property
    def area(self) -> float:
        """Area under the ROC curve."""
        return float(self.inside.mean())


def delong_p(first: Placements, second: Placements) -> float | None:
    """Two-sided p of equal areas (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988).

    Args:
        first: Of the first network.
        second: Of the second one, on the same images.

    Returns:
        ``None`` where there are fewer than two images of the class or fewer than two others; 1 for scores in
        the same order; 0 where areas differ that have no spread.
    """
    if min(len(first.inside), len(first.outside)) < 2:
        return None
    difference, variance = first.area - second.area, difference_variance(first, second)
    if variance <= 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * norm.sf(abs(difference) / sqrt(variance)))


def difference_variance(first: Placements, second: Placements) -> float:
    """Variance of the difference of two areas; arguments as ``delong_p``."""
    inside, outside = first.inside - second.inside, first.outside - second.outside
    return float(inside.var(ddof=1) / len(inside) + outside.var(ddof=1) / len(outside))
