"""Which network to take, by a rule that sees validation images alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from s3f_pipeline.comparison.bootstrap import two_level
from s3f_pipeline.comparison.replicated import Replicated
from s3f_pipeline.comparison.spread import spread_of_difference


@dataclass(frozen=True)
class Choice:
    """What the rule says.

    Attributes:
        network: To take.
        best: The one with the best mean figure.
        tied: Those that are not shown to be worse than the best one, the best one included, by cost.
        means: Mean figure of each network.
        chosen: How often the rule takes each network under resampled images and runs, a share.
    """

    network: str
    best: str
    tied: tuple[str, ...]
    means: Mapping[str, float]
    chosen: Mapping[str, float]


def advise(
    networks: Mapping[str, Replicated],
    cost: Mapping[str, float],
    *,
    margin: float,
    confidence: float,
    sample_df: int,
    seed: int,
) -> Choice:
    """Take the cheapest network that is not shown to be worse than the best one.

    Shown is a difference from the best mean figure that exceeds its interval and the margin.

    Args:
        networks: Figures of each network's runs on validation images; more is better.
        cost: Of each of them; less is better.
        margin: Difference that does not matter.
        confidence: Of the interval.
        sample_df: Validation groups less classes, at least 1.
        seed: Of the drawing of runs.

    Returns:
        The choice, and how sure it is: under each resample the rule is applied anew, with the widths of the
        intervals as they are.
    """
    names = sorted(networks, key=lambda name: (cost[name], name))
    reach = np.zeros((len(names), len(names)))
    for row, one in enumerate(names):
        for column, other in enumerate(names):
            if row != column:
                spread = spread_of_difference(networks[one], networks[other], sample_df)
                width = float(t.ppf((1 + confidence) / 2, spread.df)) * spread.standard_error
                reach[row, column] = max(width, margin)
    means = np.array([networks[name].mean for name in names])
    tied = _tied(means, reach)
    resampled = np.stack([two_level(networks[name], name, seed) for name in names], axis=1)
    firsts = np.bincount([_tied(row, reach)[0] for row in resampled], minlength=len(names))
    return Choice(
        network=names[tied[0]],
        best=names[int(means.argmax())],
        tied=tuple(names[place] for place in tied),
        means={name: float(mean) for name, mean in zip(names, means, strict=True)},
        chosen={name: float(n / len(resampled)) for name, n in zip(names, firsts, strict=True)},
    )


def _tied(means: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places of the networks that are not shown to be worse than the best one, the cheapest first."""
    best = means.argmax()
    return np.flatnonzero(means[best] - means <= reach[best])
