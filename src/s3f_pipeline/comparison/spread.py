"""How far the mean figure of a network, or the difference of two, can be off: by training and by sample.

A figure changes with the seed of the training (runs), and with the images that happen to be in the test set
(groups). Runs of two networks have nothing in common but these images, so the runs are repeats within each
network, and the groups are crossed with all of them. That is the design of a reader study with readers nested
in modalities, whose variance Obuchowski and Rockette (Communications in Statistics 24, 1995) and Hillis
(Statistics in Medicine 26, 2007) give, here with covariances from the bootstrap over groups:

    variance = s²_A / runs_A + s²_B / runs_B + (C_AA + C_BB - 2 C_AB)

s² is the variance over runs, C the covariance over resamples of two *different* runs, of one network or two.
A bootstrap that draws runs as well as groups counts their interaction more than once (Owen, Annals of Applied
Statistics 1, 2007), and finds but (runs - 1) / runs of the variance over runs.
"""

from dataclasses import dataclass
from math import sqrt

from s3f_pipeline.comparison.replicated import Replicated

ROUNDING = 1e-12
"""A variance below this is that of rounding."""


@dataclass(frozen=True)
class Spread:
    """Variance of an estimate, in parts.

    Attributes:
        sample: Owed to the choice of test images.
        training: Owed to the seeds of training, divided by the number of runs; ``None`` where a network has a
            single run, of which it cannot be known.
        df: Degrees of freedom by Satterthwaite.
    """

    sample: float
    training: float | None
    df: float

    @property
    def standard_error(self) -> float:
        """Of the estimate, as far as it is known."""
        return sqrt(self.sample + (self.training or 0.0))


def spread_of_mean(network: Replicated, sample_df: int) -> Spread:
    """Spread of the mean figure of one network.

    Args:
        network: Its runs.
        sample_df: Groups less classes, at least 1.
    """
    shared = network.shared_covariance
    if shared is None:
        return Spread(_variance(network.own_covariance), None, float(sample_df))
    return _spread(shared, sample_df, (network,))


def spread_of_difference(one: Replicated, other: Replicated, sample_df: int) -> Spread:
    """Spread of the difference of the mean figures of two networks; arguments as ``spread_of_mean``."""
    own, others = one.shared_covariance, other.shared_covariance
    if own is None or others is None:
        return Spread(_variance((one.of_mean - other.of_mean).var(ddof=1)), None, float(sample_df))
    return _spread(own + others - 2 * one.covariance_with(other), sample_df, (one, other))


def _spread(covariance: float, sample_df: int, networks: tuple[Replicated, ...]) -> Spread:
    sample = _variance(covariance)
    parts = [(_training_variance(network), network.runs - 1) for network in networks]
    training = sum(part for part, _ in parts)
    total = sample + training
    weighted = sample**2 / sample_df + sum(part**2 / df for part, df in parts)
    return Spread(sample, training, total**2 / weighted if weighted else float(sample_df))


def _training_variance(network: Replicated) -> float:
    """Variance of the mean over runs: at least what their interaction with the images makes of it."""
    between, shared = network.run_variance, network.shared_covariance
    assert between is not None  # asked of two runs and more
    assert shared is not None
    return _variance(max(between, network.own_covariance - shared) / network.runs)


def _variance(value: float) -> float:
    return float(value) if value > ROUNDING else 0.0
