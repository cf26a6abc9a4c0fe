import numpy as np
import pytest

from s3f_pipeline.comparison.bootstrap import bootstrap_p, percentile_interval, two_level
from s3f_pipeline.comparison.replicated import Replicated


@pytest.mark.parametrize(
    ("differences", "p"),
    [([1.0] * 99, 0.02), ([-1.0] * 99, 0.02), ([0.0] * 99, 1.0), ([1.0] * 90 + [-1.0] * 9, 0.2)],
)
def test_p_by_hand(differences, p):
    """Twice the rarer sign, plus one, over the number of resamples, plus one."""
    assert bootstrap_p(np.array(differences)) == pytest.approx(p)


def test_the_percentile_interval_is_that_of_numpy():
    differences = np.arange(101) / 100
    assert percentile_interval(differences, 0.9) == pytest.approx((0.05, 0.95))


def test_runs_are_drawn_with_replacement_and_groups_are_shared():
    """Two runs that stand at 0 and 1: their resampled mean is 0, 1/2 or 1, and follows the groups."""
    figures = np.array([0.0, 1.0])
    still = Replicated(figures, np.repeat(figures[:, None], 4000, axis=1))
    drawn = two_level(still, "name", 0)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [0, 0.5, 1]
    assert counts / 4000 == pytest.approx([0.25, 0.5, 0.25], abs=0.03)
    shift = np.random.default_rng(0).normal(size=4000)
    assert two_level(Replicated(figures, still.replicates + shift), "name", 0) == pytest.approx(drawn + shift)


def test_a_networks_draws_are_its_own():
    figures = np.array([0.0, 1.0])
    still = Replicated(figures, np.repeat(figures[:, None], 1000, axis=1))
    assert two_level(still, "a", 0).tolist() == two_level(still, "a", 0).tolist()
    assert abs(np.corrcoef(two_level(still, "a", 0), two_level(still, "b", 0))[0, 1]) < 0.1
