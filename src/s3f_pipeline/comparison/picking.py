"""What it is worth to pick an epoch by its own figure: the price, and the jitter from epoch to epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from s3f_pipeline.comparison.estimate import Estimate

NEAREST = 10
"""Epochs around the kept one."""
SETTLED_SHARE = 4
"""One in so many epochs, the last ones, are where the training has settled."""


@dataclass(frozen=True)
class PickedEpoch:
    """One run, by the figure that picked its epoch.

    Attributes:
        picked: Of the kept epoch.
        last: Of the last epoch.
        settled: Mean of the last quarter of the epochs.
        jitter: Standard deviation over the kept epoch and those around it, ten at most; ``None`` of a single
            epoch.
    """

    picked: float
    last: float
    settled: float
    jitter: float | None

    @property
    def price(self) -> float:
        """How much higher the picked figure is than what the training has settled at.

        What picking by these images is worth at most: an epoch that other images choose is mostly better than
        the last ones, too, or is spared from overfitting, by an amount that a history of one split cannot
        tell.
        """
        return self.picked - self.settled


def picked_epoch(figures: Sequence[float], kept: int) -> PickedEpoch:
    """Look at the epochs of one run.

    Args:
        figures: Of each epoch on the split that picked, in order, at least one.
        kept: Number of the kept epoch, from 1.
    """
    first = min(max(0, kept - 1 - NEAREST // 2), max(0, len(figures) - NEAREST))
    near = figures[first : first + NEAREST]
    quarter = max(1, len(figures) // SETTLED_SHARE)
    return PickedEpoch(
        picked=figures[kept - 1],
        last=figures[-1],
        settled=fmean(figures[-quarter:]),
        jitter=stdev(near) if len(near) > 1 else None,
    )


def mean_price(runs: Sequence[PickedEpoch]) -> Estimate | None:
    """Mean price over runs; ``None`` of a single run, or where all prices are the same."""
    prices = [run.price for run in runs]
    spread = stdev(prices) if len(prices) > 1 else 0.0
    if spread == 0:
        return None
    return Estimate(fmean(prices), spread / sqrt(len(prices)), float(len(prices) - 1))
