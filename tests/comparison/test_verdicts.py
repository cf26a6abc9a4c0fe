import pytest
from scipy.stats import t, ttest_1samp

from s3f_pipeline.comparison.estimate import Estimate
from s3f_pipeline.comparison.verdicts import opposite, verdict


@pytest.mark.parametrize(
    ("difference", "p", "p_equivalent", "word"),
    [
        (0.05, 0.01, 0.9, "better"),
        (-0.05, 0.01, 0.9, "worse"),
        (0.05, 0.05, 0.9, "no difference shown"),
        (0.001, 0.9, 0.01, "practically equal"),
        (0.004, 0.01, 0.01, "practically equal"),  # there is a difference, too small to matter
        (0.0, 0.001, None, "no difference shown"),
        (0.3, None, None, "no difference shown"),
    ],
)
def test_words_follow_numbers(difference, p, p_equivalent, word):
    assert verdict(difference, p, p_equivalent, 0.05) == word
    assert verdict(-difference, p, p_equivalent, 0.05) == opposite(word)


VALUES = [0.03, 0.01, 0.02, 0.04]
ESTIMATE = Estimate(0.025, 0.012909944487 / 2, 3)


def test_p_and_interval_are_those_of_scipy():
    expected = ttest_1samp(VALUES, 0)
    assert ESTIMATE.p == pytest.approx(expected.pvalue)
    assert ESTIMATE.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)))


def test_equivalence_is_two_one_sided_tests():
    """As SciPy's one-sided t-tests against both ends of the margin."""
    for margin in (0.03, 0.05):
        below = ttest_1samp(VALUES, -margin, alternative="greater").pvalue
        above = ttest_1samp(VALUES, margin, alternative="less").pvalue
        assert ESTIMATE.p_equivalent(margin) == pytest.approx(max(below, above))


def test_probabilities_add_up_and_swap():
    worse, equal, better = ESTIMATE.probabilities(0.01)
    assert worse + equal + better == pytest.approx(1)
    assert better == pytest.approx(t.sf((0.01 - 0.025) / ESTIMATE.standard_error, 3))
    swapped = Estimate(-0.025, ESTIMATE.standard_error, 3)
    assert swapped.probabilities(0.01) == pytest.approx((better, equal, worse))
    assert (swapped.p, swapped.p_sign_wrong) == (ESTIMATE.p, ESTIMATE.p / 2)
