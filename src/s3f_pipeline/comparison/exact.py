"""Exact answers from counts: how many independent images did one of two trained networks alone name right?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc
from scipy.stats import binomtest


@dataclass(frozen=True)
class Discordant:
    """Independent images on which two trained networks differ.

    Attributes:
        first: That the first one alone named right (n10).
        second: That the second one alone named right (n01).
    """

    first: int
    second: int

    @classmethod
    def of(cls, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> "Discordant":
        """Count them from which images each named right, shape (n,)."""
        return cls(int(np.count_nonzero(first & ~second)), int(np.count_nonzero(second & ~first)))

    @property
    def mcnemar_p(self) -> float:
        """Exact two-sided McNemar test of equal accuracy; 1 where they never differ."""
        total = self.first + self.second
        return float(binomtest(self.first, total).pvalue) if total else 1.0

    @property
    def p_first_not_better(self) -> float:
        """Probability that the claim "the first is better" is false; 0.5 where they never differ."""
        return p_claim_false(self.first, self.second)


def p_claim_false(first: float, second: float) -> float:
    """Probability that the claim "the first is better" is false, I_1/2(n10 + 1, n01 + 1).

    Christodoulou et al., arXiv 2505.04720 (2025): the regularised incomplete Beta function, which is the
    posterior of a flat prior on the share of discordant images that go to the first.

    Args:
        first: Images that the first one alone named right (n10); a mean over runs need not be whole.
        second: Images that the second one alone named right (n01).
    """
    return float(betainc(first + 1, second + 1, 0.5))
