"""A figure of a network's runs, and the same under resampled groups of images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Replicated:
    """One figure of all runs of one network.

    Attributes:
        figures: Of each run on the images as they are, shape (runs,).
        replicates: Of each run under each resample, shape (runs, replicates). The resamples are the same for
            all networks, which is what pairs them.
    """

    figures: NDArray[np.float64]
    replicates: NDArray[np.float64]

    @property
    def runs(self) -> int:
        """Runs."""
        return len(self.figures)

    @property
    def mean(self) -> float:
        """Mean over the runs."""
        return float(self.figures.mean())

    @property
    def of_mean(self) -> NDArray[np.float64]:
        """Mean over the runs under each resample, shape (replicates,)."""
        return self.replicates.mean(axis=0)

    @property
    def run_variance(self) -> float | None:
        """Variance over the runs, on the images as they are; ``None`` of a single run."""
        return float(self.figures.var(ddof=1)) if self.runs > 1 else None

    @property
    def own_covariance(self) -> float:
        """Variance over resamples of one run, the mean of all."""
        return float(self.replicates.var(axis=1, ddof=1).mean())

    @property
    def shared_covariance(self) -> float | None:
        """Covariance over resamples of two different runs, the mean of all; ``None`` of a single run."""
        if self.runs == 1:
            return None
        covariances = np.cov(self.replicates)
        return float((covariances.sum() - np.trace(covariances)) / (self.runs * (self.runs - 1)))

    def covariance_with(self, other: "Replicated") -> float:
        """Covariance over resamples with the runs of another network, the mean of all pairs."""
        return float(np.cov(self.of_mean, other.of_mean)[0, 1])

    def minus(self, other: "Replicated") -> "Replicated":
        """Run by run, for two figures of the same runs."""
        return Replicated(self.figures - other.figures, self.replicates - other.replicates)
