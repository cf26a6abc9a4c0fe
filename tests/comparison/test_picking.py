import statistics

import pytest
from scipy.stats import ttest_1samp

from s3f_pipeline.comparison.picking import mean_price, picked_epoch


def test_the_price_is_the_best_less_where_training_settled():
    figures = [0.1, 0.5, 0.9, 0.7, 0.6, 0.6, 0.8, 0.6]  # the last quarter: 0.8 and 0.6
    found = picked_epoch(figures, kept=3)
    assert (found.picked, found.last, found.settled) == pytest.approx((0.9, 0.6, 0.7))
    assert found.price == pytest.approx(0.2)
    assert found.jitter == pytest.approx(statistics.stdev(figures))


@pytest.mark.parametrize(("kept", "near"), [(1, range(10)), (15, range(9, 19)), (20, range(10, 20))])
def test_jitter_is_of_the_ten_epochs_around_the_kept_one(kept, near):
    figures = [float(number**2) for number in range(20)]
    assert picked_epoch(figures, kept).jitter == pytest.approx(statistics.stdev(figures[n] for n in near))


def test_a_single_epoch_has_no_jitter_and_no_price():
    found = picked_epoch([0.5], 1)
    assert (found.jitter, found.price) == (None, 0)
    assert mean_price([found]) is None
    assert mean_price([found, found]) is None


def test_the_mean_price_has_a_t_interval_over_runs():
    runs = [picked_epoch([0.9, settled], 1) for settled in (0.8, 0.7, 0.75)]
    expected = ttest_1samp([0.1, 0.2, 0.15], 0).confidence_interval(0.95)
    assert mean_price(runs).interval(0.95) == pytest.approx(tuple(expected))
