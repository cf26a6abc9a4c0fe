import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score, roc_curve

from s3f_pipeline.evaluation.operating import best_sensitivity, threshold_figures, youden_threshold


def case(n=120, seed=0):
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.4
    return positive, np.round(np.clip(rng.normal(0.4 + 0.2 * positive, 0.2), 0, 1), 2)


def ones(n):
    return np.arange(n), np.ones((1, n), np.int32)


def test_threshold_by_hand():
    # above .5 two of two positives and one of two negatives, above .7 two of two and none
    positive, scores = np.array([True, True, False, False]), np.array([0.9, 0.8, 0.6, 0.3])
    assert youden_threshold(positive, scores) == pytest.approx(0.7)


def test_of_equally_good_thresholds_the_one_nearest_to_one_half_is_taken():
    positive, scores = np.array([True, False, True, False]), np.array([0.9, 0.7, 0.55, 0.2])
    # sensitivity + specificity is 1.5 above .375 (2/2, 1/2) and above .8 (1/2, 2/2)
    assert youden_threshold(positive, scores) == pytest.approx(0.375)


@pytest.mark.parametrize("seed", range(4))
def test_no_threshold_of_the_roc_curve_is_better(seed):
    positive, scores = case(seed=seed)
    false_alarms, hits, _ = roc_curve(positive, scores)
    chosen = scores >= youden_threshold(positive, scores)
    assert chosen[positive].mean() - chosen[~positive].mean() == pytest.approx((hits - false_alarms).max())


def test_one_class_has_no_threshold():
    assert youden_threshold(np.array([True, True]), np.array([0.2, 0.4])) is None
    assert youden_threshold(np.array([False]), np.array([0.2])) is None


def test_figures_are_those_of_scikit_learn():
    positive, scores = case()
    called = scores >= 0.5
    found = threshold_figures(positive, called, *ones(120))
    assert found["sensitivity"][0] == pytest.approx(recall_score(positive, called))
    assert found["specificity"][0] == pytest.approx(recall_score(~positive, ~called))
    assert found["ppv"][0] == pytest.approx(precision_score(positive, called))
    assert found["npv"][0] == pytest.approx(precision_score(~positive, ~called))


def test_of_no_alarm_there_is_no_predictive_value():
    found = threshold_figures(np.array([True, False]), np.array([False, False]), *ones(2))
    assert np.isnan(found["ppv"][0])
    assert found["npv"][0] == 0.5


@pytest.mark.parametrize("specificity", [0.8, 0.95, 1.0])
def test_best_sensitivity_is_a_point_of_the_roc_curve(specificity):
    positive, scores = case(seed=3)
    false_alarms, hits, _ = roc_curve(positive, scores, drop_intermediate=False)
    expected = hits[false_alarms <= 1 - specificity + 1e-12].max()
    found = best_sensitivity(positive, scores, *ones(120), specificity=specificity)
    assert found[0] == pytest.approx(expected)
    reverse = best_sensitivity(~positive, -scores, *ones(120), specificity=specificity)
    assert reverse[0] == pytest.approx((1 - false_alarms)[hits >= specificity - 1e-12].max())


def test_weights_of_groups_are_copies_of_images():
    positive, scores = case(n=60, seed=5)
    groups = np.arange(60) // 2
    weights = np.random.default_rng(0).integers(0, 3, (5, 30))
    found = best_sensitivity(positive, scores, groups, weights, specificity=0.9)
    for row, value in zip(weights, found, strict=True):
        copies = np.repeat(np.arange(60), row[groups])
        again = best_sensitivity(positive[copies], scores[copies], *ones(len(copies)), specificity=0.9)
        assert value == pytest.approx(again[0])


def test_perfect_and_useless_scores():
    positive = np.array([True, True, False, False])
    assert best_sensitivity(positive, positive * 1.0, *ones(4), specificity=0.95)[0] == 1
    assert best_sensitivity(positive, np.full(4, 0.5), *ones(4), specificity=0.95)[0] == 0
