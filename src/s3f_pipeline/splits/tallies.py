"""Sums of scores over real and dealt pairs, and what they say: means, effects and p values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

FLAT = 1e-6  # standard deviation of sums of scores
ROUNDING = 1e-6  # of standard scores


@dataclass(frozen=True)
class Tally:
    """What the pairs of one question add up to.

    Attributes:
        files: How many there are.
        pairs: How many count, of shape (tests,).
        raw: Sum of the correlations of those of the first test.
        everywhere: Sum of as many correlations of any pairs.
        scores: Sums of scores, of shape (tests, 1 + permutations), the real deal first.
    """

    files: int
    pairs: np.ndarray
    raw: float
    everywhere: float
    scores: np.ndarray

    def __add__(self, other: "Tally") -> "Tally":
        """What the pairs of both add up to."""
        return Tally(
            self.files + other.files,
            self.pairs + other.pairs,
            self.raw + other.raw,
            self.everywhere + other.everywhere,
            self.scores + other.scores,
        )


def p_values(scores: Mapping[Any, np.ndarray]) -> dict[Any, float]:
    """For each question, how often any test of any of them comes out as clearly as its own tests."""
    if not scores:
        return {}
    sums = np.concatenate(list(scores.values()))
    spread = sums.std(axis=1, keepdims=True)
    standard = (sums - sums.mean(axis=1, keepdims=True)) / np.maximum(spread, FLAT)
    largest = standard.max(axis=0)
    first = np.cumsum([0, *(len(tests) for tests in scores.values())])
    return {
        question: float((largest >= standard[start:stop, 0].max() - ROUNDING).mean())
        for question, start, stop in zip(scores, first[:-1], first[1:], strict=True)
    }


def summary(tally: Tally | None, p: float | None, name: str = "consecutive") -> dict[str, Any]:
    """Means, effect and p of what has been added up."""
    if tally is None or tally.pairs[0] == 0:
        counts = {"files": tally.files if tally else 0, "pairs": 0}
        return counts | dict.fromkeys((name, "random", "effect", "largest_effect", "p"))
    effects = tally.scores[:, 0] / tally.pairs
    return {
        "files": tally.files,
        "pairs": int(tally.pairs[0]),
        name: float(tally.raw / tally.pairs[0]),
        "random": float(tally.everywhere / tally.pairs[0]),
        "effect": float(effects[0]),
        "largest_effect": float(effects.max()),
        "p": p,
    }
