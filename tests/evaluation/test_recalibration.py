import numpy as np
import pytest
from scipy.special import expit

from s3f_pipeline.evaluation.recalibration import calibration_in_the_large, calibration_line, logit


def case():
    rng = np.random.default_rng(3)
    probabilities = np.round(rng.beta(1.2, 1.0, 120), 3).clip(0.001, 0.999)
    positive = rng.random(120) < expit(0.3 + 0.6 * logit(probabilities))
    return positive, probabilities, np.repeat(np.arange(40), 3)


def test_line_is_that_of_statsmodels():
    # statsmodels 0.15.0: Logit(y, [1, logit p]).fit(cov_type="cluster", cov_kwds={"groups": groups})
    intercept, slope = calibration_line(*case())
    assert (intercept.value, intercept.error) == pytest.approx((0.6121767466971745, 0.23909590222230445))
    assert (slope.value, slope.error) == pytest.approx((0.6164154410858295, 0.12476230396266327))


def test_calibration_in_the_large_is_that_of_statsmodels():
    # statsmodels 0.15.0: Logit(y, 1, offset=logit p).fit(cov_type="cluster", …)
    found = calibration_in_the_large(*case())
    assert (found.value, found.error) == pytest.approx((0.7181655529734591, 0.3014732193686804))


def test_copies_in_one_group_add_no_certainty():
    positive, probabilities, groups = case()
    once = calibration_in_the_large(positive, probabilities, groups)
    often = calibration_in_the_large(*(np.tile(part, 10) for part in (positive, probabilities, groups)))
    assert often.value == pytest.approx(once.value)
    assert often.error == pytest.approx(once.error, rel=0.01)


def test_swapping_the_classes_turns_the_intercept_around():
    positive, probabilities, groups = case()
    line = calibration_line(positive, probabilities, groups)
    swapped = calibration_line(~positive, 1 - probabilities, groups)
    assert swapped[0].value == pytest.approx(-line[0].value)
    assert swapped[1].value == pytest.approx(line[1].value)


@pytest.mark.parametrize(
    ("positive", "probabilities"),
    [
        ([True, True, True], [0.2, 0.7, 0.9]),  # one class
        ([False, False, True], [0.2, 0.7, 0.9]),  # separated
        ([True, True, False], [0.2, 0.7, 0.9]),  # separated the other way round
        ([False, True, True], [0.5, 0.5, 0.5]),  # all equal
        ([False, True, True], [0.5, 0.5, 0.9]),  # separated but for a tie
    ],
)
def test_there_is_no_line(positive, probabilities):
    assert calibration_line(np.array(positive), np.array(probabilities), np.arange(3)) is None


def test_one_class_has_no_calibration_in_the_large():
    assert calibration_in_the_large(np.array([True]), np.array([0.5]), np.array([0])) is None


def test_two_groups_have_no_standard_error():
    positive, probabilities, _ = case()
    found = calibration_in_the_large(positive, probabilities, np.arange(120) % 2)
    assert found.error is None
    assert np.isfinite(found.value)


def test_certain_probabilities_are_no_infinite_logits():
    positive = np.array([True, False, True, False] * 5)
    probabilities = np.array([1.0, 0.0, 0.0, 1.0] * 5)
    found = calibration_in_the_large(positive, probabilities, np.arange(20))
    intercept, slope = calibration_line(positive, probabilities, np.arange(20))
    assert found.value == pytest.approx(0, abs=1e-6)
    assert (intercept.value, slope.value) == pytest.approx((0, 0), abs=1e-6)
