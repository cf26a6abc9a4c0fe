import numpy as np
import pytest

from s3f_pipeline.comparison.replicated import Replicated
from s3f_pipeline.comparison.spread import spread_of_difference, spread_of_mean


def network(figures, replicates):
    return Replicated(np.array(figures, float), np.array(replicates, float))


ONE = network([0.8, 0.9], [[0.7, 0.8, 0.9], [0.8, 0.9, 1.0]])  # covariances over resamples: all 0.01
OTHER = network([0.6, 0.8, 0.7], [[0.6, 0.6, 0.6], [0.8, 0.7, 0.9], [0.7, 0.7, 0.7]])


def test_the_variance_of_a_mean_by_hand():
    found = spread_of_mean(ONE, sample_df=20)
    assert found.sample == pytest.approx(0.01)
    assert found.training == pytest.approx(0.005 / 2)  # variance over runs, by their number
    assert found.df == pytest.approx(0.0125**2 / (0.01**2 / 20 + 0.0025**2 / 1))


def test_the_variance_of_a_difference_by_hand():
    """Of OTHER, one run of three has variance 0.01, none a covariance with another of its runs."""
    found = spread_of_difference(ONE, OTHER, sample_df=20)
    between = (0.01 / 2) / 3  # covariance of ONE's runs with (0, that run, 0), whose own is 0.005
    assert found.sample == pytest.approx(0.01 + 0 - 2 * between)
    assert found.training == pytest.approx(0.0025 + 0.01 / 3)


def test_runs_that_agree_by_chance_vary_as_much_as_images_make_them():
    """Same figure, though each resample tells them apart: the interaction is the least that seeds add."""
    twins = network([0.8, 0.8], [[0.7, 0.8, 0.9], [0.9, 0.8, 0.7]])
    found = spread_of_mean(twins, sample_df=20)
    assert found.sample == 0
    assert found.training == pytest.approx((0.01 - -0.01) / 2)


def test_a_single_run_leaves_the_part_of_training_open():
    single = network([0.8], [[0.7, 0.8, 0.9]])
    assert spread_of_mean(single, 20).training is None
    assert spread_of_mean(single, 20).sample == pytest.approx(0.01)
    assert spread_of_difference(single, ONE, 20).training is None


def test_swapping_keeps_the_spread():
    one, other = spread_of_difference(ONE, OTHER, 20), spread_of_difference(OTHER, ONE, 20)
    assert (one.standard_error, one.df) == pytest.approx((other.standard_error, other.df))


def test_equal_networks_have_no_spread_but_that_of_training():
    found = spread_of_difference(ONE, ONE, 20)
    assert found.sample == 0
    assert found.training == pytest.approx(0.005)


def test_components_are_found_again():
    """Runs with a known part by seed, by group and by both: the estimate is right on average."""
    rng = np.random.default_rng(0)
    runs, groups, repeats = 3, 200, 400
    found, means = [], []
    for _ in range(repeats):
        seeds = rng.normal(0, 0.03, (2, runs))
        hard = rng.normal(0, 0.4, groups)  # of the images, shared by both
        scores = seeds[..., None] + hard + rng.normal(0, 0.3, (2, runs, groups))
        weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=200) / groups
        one, other = (Replicated(of.mean(axis=1), of @ weights.T) for of in scores)
        found.append(spread_of_difference(one, other, groups).standard_error ** 2)
        means.append(one.mean - other.mean)
    assert np.mean(found) == pytest.approx(np.var(means), rel=0.2)


def test_what_images_make_of_runs_is_known_as_well_as_the_groups_are():
    """The interaction is the larger part here: its degrees of freedom are those of the groups."""
    twins = network([0.8, 0.8], [[0.7, 0.8, 0.9], [0.9, 0.8, 0.7]])
    assert spread_of_mean(twins, sample_df=20).df == pytest.approx(20)
