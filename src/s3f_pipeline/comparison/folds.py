"""Differences over the folds of a cross-validation, whose training sets overlap."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, variance

from s3f_pipeline.comparison.estimate import Estimate


def nadeau_bengio(differences: Sequence[float], test_share: float) -> Estimate | None:
    """Corrected resampled t-test (Nadeau and Bengio, Machine Learning 52, 2003).

    Args:
        differences: Of each fold, first network less second.
        test_share: Groups that test over groups that train, above 0.

    Returns:
        Variance (1/J + test/train)·s² with J - 1 degrees of freedom; ``None`` for a single fold, or where the
        differences are all the same.
    """
    return _estimate(differences, test_share)


def correlated_t(differences: Sequence[float], folds: int) -> Estimate | None:
    """Posterior of the Bayesian correlated t-test (Corani and Benavoli, Machine Learning 100, 2015).

    Args:
        differences: Of each fold, first network less second.
        folds: Of the cross-validation, k; the correlation of two folds is taken as 1/k.

    Returns:
        Student(J - 1, mean, (1/J + ρ/(1 - ρ))·s²); ``None`` as of ``nadeau_bengio``.
    """
    correlation = 1 / folds
    return _estimate(differences, correlation / (1 - correlation))


def _estimate(differences: Sequence[float], overlap: float) -> Estimate | None:
    count = len(differences)
    spread = variance(differences) if count > 1 else 0.0
    if spread == 0:
        return None
    return Estimate(fmean(differences), sqrt((1 / count + overlap) * spread), float(count - 1))
