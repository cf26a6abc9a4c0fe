import numpy as np
import pytest

from s3f_pipeline.evaluation.decision_curve_block import POINTS, decision_curve_block
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample


def drawn(n=400, seed=0, share=0.3):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < share).astype(np.int64)
    logits = rng.normal(2.5 * labels - 1.25 + np.log(share / (1 - share)), 1.6)
    positive = 1 / (1 + np.exp(-logits))
    return Sample(labels, np.stack([1 - positive, positive], axis=1), np.arange(n))


def curve(validation, test, prevalence, thresholds=(0.05, 0.5)):
    weights = weights_with_itself(test.labels, test.groups, replicates=100)
    settings = {"temperature": 1.0, "prevalence": prevalence, "thresholds": thresholds, "confidence": 0.95}
    return decision_curve_block(validation, test, weights, **settings)


def test_points_run_over_the_thresholds_with_their_band():
    test = drawn(seed=1)
    found = curve(drawn(), test, 0.3)
    points = found["points"]
    assert len(points) == POINTS
    assert (points[0]["threshold"], points[-1]["threshold"]) == (0.05, 0.5)
    for point in points:
        assert point["low"] <= point["network"] <= point["high"] <= 0.3
    share = test.labels.mean()
    at = curve(Sample(test.labels, test.probabilities, test.groups), test, float(share))["points"][-1]
    called = test.probabilities[:, 1] >= 0.5
    hits, false_alarms = (called & (test.labels == 1)).mean(), (called & (test.labels == 0)).mean()
    assert at["network"] == pytest.approx(hits - false_alarms)
    assert at["all"] == pytest.approx(2 * share - 1)


def test_at_a_lower_prevalence_a_network_that_knows_it_still_gains():
    points = curve(drawn(n=4000), drawn(n=4000, seed=1), 0.02, thresholds=(0.02, 0.1))["points"]
    assert all(point["network"] > max(point["all"], 0) for point in points)


def test_one_class_has_no_curve():
    both, test = drawn(), drawn(seed=1)
    assert curve(both, test.where(test.labels == 1), 0.3) is None
    assert curve(both.where(both.labels == 0), test, 0.3) is None
