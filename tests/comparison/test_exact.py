"""McNemar by SciPy's binomial distribution and by statsmodels 0.15.0."""

import numpy as np
import pytest
from scipy.stats import binom

from s3f_pipeline.comparison.exact import Discordant, p_claim_false


def test_discordant_images_are_counted():
    first, second = np.array([1, 1, 1, 0, 0], bool), np.array([1, 0, 0, 1, 0], bool)
    assert Discordant.of(first, second) == Discordant(2, 1)


@pytest.mark.parametrize(
    ("first", "second", "by_statsmodels"),
    [(5, 0, 0.0625), (18, 13, 0.473129659891), (3, 9, 0.14599609375), (121, 59, 4.434449263755e-06)],
)
def test_mcnemar_is_the_binomial_test(first, second, by_statsmodels):
    rarer = min(first, second)
    expected = min(1, 2 * binom.cdf(rarer, first + second, 0.5))
    assert Discordant(first, second).mcnemar_p == pytest.approx(expected)
    assert Discordant(second, first).mcnemar_p == pytest.approx(expected)
    assert expected == pytest.approx(by_statsmodels)


def test_mcnemar_of_networks_that_never_differ_is_one():
    assert Discordant(0, 0).mcnemar_p == 1
    assert Discordant(0, 0).p_first_not_better == 0.5


@pytest.mark.parametrize(("first", "second"), [(5, 0), (17, 12), (2, 7)])
def test_the_probability_of_a_false_claim_is_a_tail_of_coin_tosses(first, second):
    """I_1/2(a, b) is the chance of at least a heads in a + b - 1 tosses."""
    assert p_claim_false(first, second) == pytest.approx(binom.sf(first, first + second + 1, 0.5))
    assert p_claim_false(first, second) + p_claim_false(second, first) == pytest.approx(1)
