import json

import numpy as np
import pytest
from scipy.special import softmax

from s3f_pipeline.evaluation.calibration import top_label_ece
from s3f_pipeline.evaluation.calibration_block import calibration_block, calibration_figures
from s3f_pipeline.evaluation.estimates import FLAG
from s3f_pipeline.evaluation.replicates import replicate_figures
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample

CLASSES = ["a", "b", "c"]


def case(n=300, classes=3, group=1, seed=0, boldness=1.0):
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.normal(size=(n, classes))
    labels = np.array([rng.choice(classes, p=row) for row in softmax(logits, axis=1)])
    sample = Sample(labels, softmax(boldness * logits, axis=1), np.arange(n) // group)
    return sample, weights_with_itself(sample.labels, sample.groups, replicates=100)


def test_errors_and_intervals_are_those_of_the_images_and_of_their_replicates():
    sample, weights = case(group=3)
    found = calibration_figures(sample, weights, CLASSES, confidence=0.95)
    assert found["ece"] == pytest.approx(top_label_ece(sample.labels, sample.probabilities))
    by_class = [found["per_class"][name]["ece"] for name in CLASSES]
    assert found["classwise_ece"] == pytest.approx(np.mean(by_class))
    replicates = replicate_figures(sample.labels, sample.probabilities, sample.groups, weights)["ece"]
    interval = found["intervals"]["ece"]
    farthest = np.abs(np.quantile(replicates[1:], [0.025, 0.975]) - found["ece"]).max()
    assert interval["high"] == pytest.approx(found["ece"] + farthest)


def test_a_bold_network_is_told_from_a_calibrated_one():
    calibrated, weights = case(n=600)
    bold, _ = case(n=600, boldness=2.0)
    of_calibrated, of_bold = (
        calibration_figures(sample, weights, CLASSES, confidence=0.95) for sample in (calibrated, bold)
    )
    assert of_calibrated["ece"] < 2 * of_calibrated["expected_ece"]
    assert of_bold["ece"] > 3 * of_bold["expected_ece"]
    assert of_bold["log_loss"]["calibration"] > 0.05 > abs(of_calibrated["log_loss"]["calibration"])
    scaled = calibration_block(bold, weights, CLASSES, temperature=2.0, confidence=0.95)
    assert scaled["calibrated"]["ece"] == pytest.approx(of_calibrated["ece"])
    assert not scaled["at_bound"]


def test_without_validation_nothing_is_calibrated():
    found = calibration_block(*case(), CLASSES, temperature=None, confidence=0.95)
    assert found["temperature"] is None
    assert found["calibrated"] is None
    assert not found["at_bound"]


def test_line_of_a_positive_class_has_wald_intervals():
    sample, weights = case(classes=2)
    line = calibration_figures(sample, weights, CLASSES[:2], confidence=0.95, positive=1)["line"]
    interval = line["intervals"]["slope"]
    assert interval["low"] < 1 < interval["high"]
    assert line["slope"] == pytest.approx((interval["low"] + interval["high"]) / 2)
    assert interval["flag"] is None
    wider = calibration_figures(sample, weights, CLASSES[:2], confidence=0.99, positive=1)["line"]
    assert wider["intervals"]["slope"]["low"] < interval["low"]


def test_few_groups_are_flagged():
    sample, weights = case(n=100, classes=2, group=5)
    found = calibration_figures(sample, weights, CLASSES[:2], confidence=0.95, positive=1)
    assert found["intervals"]["ece"]["flag"] == FLAG
    assert found["line"]["intervals"]["slope"]["flag"] == FLAG


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ([1], [[0.0, 1.0]]),
        ([1, 1, 1], [[0.5, 0.5]] * 3),
        ([0, 1, 1], [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]),
        ([0, 1, 0], [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]),
    ],
)
@pytest.mark.parametrize("groups", ["one", "each"])
def test_degenerate_images_give_figures_or_none_and_never_nan(labels, rows, groups):
    n = len(labels)
    numbers = np.zeros(n, int) if groups == "one" else np.arange(n)
    sample = Sample(np.array(labels), np.array(rows), numbers)
    weights = weights_with_itself(sample.labels, sample.groups, replicates=20)
    found = calibration_block(sample, weights, CLASSES[:2], temperature=2.0, confidence=0.95, positive=1)
    json.dumps(found, allow_nan=False)
