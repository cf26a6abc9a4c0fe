import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.intervals import (
    Basis,
    effective_images,
    log_interval,
    normal_quantile,
    percentile_interval,
    replicate_spread,
    score_interval,
    symmetric_interval,
    t_quantile,
    wilson_interval,
)

Z = 1.959963984540054
ALONE = Basis.of(np.arange(100))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # published S3F-Net figures
        (137, 156, 0.818, 0.921),
        (132, 156, 0.781, 0.894),
        (586, 624, 0.918, 0.955),
        (581, 624, 0.909, 0.948),
        (998, 1010, 0.979, 0.993),
        (992, 1010, 0.972, 0.989),
        (1048, 1512, 0.669, 0.716),
    ],
)
def test_published_intervals(successes, n, low, high):
    assert wilson_interval(successes / n, n, Z) == pytest.approx((low, high), abs=6e-4)


@given(data=st.data(), n=st.integers(1, 5000), confidence=st.floats(0.5, 0.999))
def test_wilson_is_that_of_scipy(data, n, confidence):
    successes = data.draw(st.integers(0, n))
    expected = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    found = wilson_interval(successes / n, n, normal_quantile(confidence))
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)
    mirrored = wilson_interval((n - successes) / n, n, normal_quantile(confidence))
    assert mirrored == pytest.approx((1 - found[1], 1 - found[0]), abs=1e-12)


@pytest.mark.parametrize(("share", "n", "z"), [(0.5, 0, Z), (-0.1, 5, Z), (1.1, 5, Z), (0.5, 5, 0)])
def test_refuses_arguments_out_of_range(share, n, z):
    with pytest.raises(EvaluationError, match=f"share={share}, n={n}"):
        wilson_interval(share, n, z)


def test_basis_counts_images_groups_and_equal_groups():
    basis = Basis.of(np.array([7, 7, 7, 3]))
    assert (basis.images, basis.groups, basis.equal_groups) == (4, 2, 16 / 10)
    assert not basis.is_independent
    assert Basis.of(np.array([5, 2])).is_independent


def replicated(value, spread, count=2001):
    """A figure, and replicates with exactly this standard deviation, evenly on either side of it."""
    around = np.linspace(-1, 1, count - 1)
    return np.append(value, value + spread * around / around.std())


def test_images_count_by_how_much_the_figure_varies():
    values = replicated(0.8, 0.08)
    few = Basis.of(np.repeat(np.arange(50), 10))
    by_hand = 0.8 * 0.2 / (0.08**2 * 50 / 49)
    assert effective_images(values, few, (0, 1)) == pytest.approx(by_hand)
    assert score_interval(values, few, 0.95, (0, 1)) == pytest.approx(
        wilson_interval(0.8, by_hand, t_quantile(few, 0.95))
    )
    assert t_quantile(few, 0.95) == pytest.approx(2.00957523712924)


def test_an_image_of_a_share_counts_once_at_most():
    values = replicated(0.8, 1e-5)
    assert effective_images(values, ALONE, (0, 1)) == 100
    assert effective_images(values, ALONE, (0, 1), most=2) == 200


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_nothing_varies_equal_groups_count(value):
    basis = Basis.of(np.repeat(np.arange(40), 5))
    values = np.full(101, value)
    assert effective_images(values, basis, (0, 1)) == 40
    low, high = score_interval(values, basis, 0.95, (0, 1))
    assert (low if value else 1 - high) == pytest.approx(1 / (1 + t_quantile(basis, 0.95) ** 2 / 40))


def test_rounding_is_no_spread():
    basis = Basis.of(np.repeat(np.arange(40), 5))
    assert effective_images(replicated(0.7, 1e-16), basis, (0, 1)) == 40


def test_other_bounds_only_move_and_stretch_the_interval():
    values = replicated(0.7, 0.05)
    low, high = score_interval(values, ALONE, 0.95, (0, 1))
    stretched = score_interval(2 * values - 1, ALONE, 0.95, (-1, 1))
    assert stretched == pytest.approx((2 * low - 1, 2 * high - 1))


def test_log_interval_is_symmetric_in_the_logarithm():
    low, high = log_interval(replicated(0.4, 0.04), ALONE, 0.95, 2)
    assert low * high == pytest.approx(0.4**2)
    assert np.log(high / 0.4) == pytest.approx(t_quantile(ALONE, 0.95) * 0.1 * np.sqrt(100 / 99))
    assert log_interval(replicated(0.4, 0.4), Basis.of(np.arange(2)), 0.95, 2)[1] == 2
    assert log_interval(np.zeros(5), ALONE, 0.95, 2) == (0, 0)


def test_percentiles_are_those_of_the_replicates():
    values = np.append(50, np.arange(101.0))
    assert percentile_interval(values, 0.9) == pytest.approx((5, 95))


def test_symmetric_interval_reaches_as_far_as_the_farther_quantile():
    values = np.append(0.04, np.linspace(0.05, 0.09, 101))
    assert symmetric_interval(values, 0.9) == pytest.approx((0, 0.04 + 0.088 - 0.04))
    values = np.append(0.2, np.linspace(0.1, 0.25, 101))
    assert symmetric_interval(values, 0.9) == pytest.approx((0.2 - 0.0925, 0.2 + 0.0925))


def test_replicates_without_the_figure_are_left_out():
    values = np.array([0.5, np.nan, 0.4, 0.6])
    assert replicate_spread(values, ALONE) == pytest.approx(0.1 * np.sqrt(100 / 99))
    assert replicate_spread(np.array([0.5, np.nan]), ALONE) == 0


@given(
    value=st.floats(0, 1),
    spread=st.floats(0, 0.3),
    groups=st.integers(1, 60),
    confidence=st.floats(0.5, 0.99),
)
def test_score_interval_holds_the_figure_and_stays_in_bounds(value, spread, groups, confidence):
    basis = Basis.of(np.repeat(np.arange(groups), 3))
    low, high = score_interval(replicated(value, spread, 50), basis, confidence, (0, 1))
    assert 0 <= low <= value + 1e-9
    assert value - 1e-9 <= high <= 1
    wider = score_interval(replicated(value, spread, 50), basis, (1 + confidence) / 2, (0, 1))
    assert wider[0] <= low + 1e-12
    assert high <= wider[1] + 1e-12
