import numpy as np
import pytest

from s3f_pipeline.evaluation.decision_curve import at_prevalence, benefit_of_all, net_benefits

THRESHOLDS = np.array([0.1, 0.2, 0.5])


def case(n=200):
    rng = np.random.default_rng(2)
    positive = rng.random(n) < 0.3
    return positive, np.clip(rng.normal(0.3 + 0.3 * positive, 0.2), 0, 1)


def benefits(positive, probabilities, prevalence, thresholds=THRESHOLDS):
    n = len(positive)
    return net_benefits(
        positive,
        probabilities,
        np.arange(n),
        np.ones((1, n), np.int32),
        thresholds=thresholds,
        prevalence=prevalence,
    )[0]


def test_at_the_prevalence_of_the_images_it_counts_hits_and_false_alarms():
    positive, probabilities = case()
    found = benefits(positive, probabilities, positive.mean())
    for threshold, value in zip(THRESHOLDS, found, strict=True):
        called = probabilities >= threshold
        hits, false_alarms = (called & positive).mean(), (called & ~positive).mean()
        assert value == pytest.approx(hits - false_alarms * threshold / (1 - threshold))


def test_a_perfect_network_gains_the_prevalence_and_a_silent_one_nothing():
    positive, _ = case()
    assert benefits(positive, positive * 1.0, 0.05) == pytest.approx([0.05] * 3)
    assert benefits(positive, np.zeros(200), 0.05).tolist() == [0, 0, 0]


def test_acting_on_every_image():
    positive, _ = case()
    everything = benefit_of_all(THRESHOLDS, 0.2)
    assert everything == pytest.approx([0.2 - 0.8 / 9, 0, 0.2 - 0.8])
    assert benefits(positive, np.ones(200), 0.2) == pytest.approx(everything)


def test_a_class_without_weight_has_no_benefit():
    found = net_benefits(
        np.array([True, False]),
        np.array([0.8, 0.2]),
        np.arange(2),
        np.array([[2, 0], [1, 1]], np.int32),
        thresholds=np.array([0.5]),
        prevalence=0.5,
    )
    assert np.isnan(found[0, 0])
    assert found[1, 0] == 0.5


def test_at_another_prevalence_odds_move_by_one_factor():
    # odds 1 and 4 at 1 : 1 are 1/9 and 4/9 at 1 : 9
    found = at_prevalence(np.array([0.5, 0.8]), found=0.5, prevalence=0.1)
    assert found == pytest.approx([0.1, 4 / 13])
    same = at_prevalence(np.array([0.5, 0.8]), found=0.3, prevalence=0.3)
    assert same == pytest.approx([0.5, 0.8])
