"""Golden numbers: by hand, from a t-table, and by baycomp 1.0.3."""

from math import sqrt

import pytest
from scipy.stats import t

from s3f_pipeline.comparison.folds import correlated_t, nadeau_bengio

DIFFERENCES = [0.02, 0.01, 0.03, 0.0, 0.04]  # mean 0.02, variance 0.00025


def test_nadeau_and_bengio_by_hand():
    found = nadeau_bengio(DIFFERENCES, test_share=0.25)
    assert found.standard_error == pytest.approx(sqrt((1 / 5 + 0.25) * 0.00025))
    assert found.p == pytest.approx(2 * t.sf(0.02 / sqrt(0.45 * 0.00025), 4))
    low, high = found.interval(0.95)
    assert (low, high) == pytest.approx((0.02 - 2.7764451 * 0.010606602, 0.02 + 2.7764451 * 0.010606602))


def test_the_correlated_t_by_hand():
    found = correlated_t(DIFFERENCES, folds=5)
    assert found.standard_error == pytest.approx(sqrt((1 / 5 + 0.2 / 0.8) * 0.00025))
    worse, equal, better = found.probabilities(0.01)
    scale = sqrt(0.45 * 0.00025)
    assert worse == pytest.approx(t.cdf(-0.03 / scale, 4))
    assert better == pytest.approx(t.sf(-0.01 / scale, 4))
    assert worse + equal + better == pytest.approx(1)


def test_the_correlated_t_is_that_of_baycomp():
    """CorrelatedTTest(DIFFERENCES, zeros, rope=0.01, runs=1).probs() of baycomp 1.0.3."""
    found = correlated_t(DIFFERENCES, folds=5).probabilities(0.01)
    assert found == pytest.approx((0.023710327792, 0.175870480979, 0.800419191228))


def test_without_spread_or_with_one_fold_there_is_no_test():
    assert nadeau_bengio([0.1], 0.25) is None
    assert correlated_t([0.1, 0.1, 0.1], 3) is None
