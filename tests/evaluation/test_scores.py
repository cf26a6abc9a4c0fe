import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss

from s3f_pipeline.evaluation.scores import brier_score, decomposed_scores
from s3f_pipeline.evaluation.temperature import scale


def drawn(n=600, seed=0):
    rng = np.random.default_rng(seed)
    probabilities = softmax(1.5 * rng.normal(size=(n, 3)), axis=1)
    return np.array([rng.choice(3, p=row) for row in probabilities]), probabilities


def test_brier_score_is_that_of_scikit_learn():
    labels, probabilities = drawn()
    reference = brier_score_loss(labels, probabilities, labels=[0, 1, 2], scale_by_half=False)
    assert brier_score(labels, probabilities) == pytest.approx(reference)


@pytest.mark.parametrize(("row", "score"), [([1.0, 0.0], 0), ([0.0, 1.0], 2), ([0.5, 0.5], 0.5)])
def test_brier_score_by_hand(row, score):
    assert brier_score(np.array([0]), np.array([row])) == score


def test_what_temperature_undoes_is_calibration():
    labels, probabilities = drawn()
    groups = np.arange(600) // 3
    calibrated = decomposed_scores(labels, probabilities, groups)
    bold = decomposed_scores(labels, scale(probabilities, 0.3), groups)
    for name in ("log_loss", "brier"):
        assert abs(calibrated[name]["calibration"]) < 0.005
        assert bold[name]["calibration"] > 0.05
        assert bold[name]["refinement"] == pytest.approx(calibrated[name]["refinement"], abs=1e-3)
        assert bold[name]["value"] == pytest.approx(bold[name]["calibration"] + bold[name]["refinement"])


def test_one_group_has_a_score_without_parts():
    labels, probabilities = drawn(n=4)
    found = decomposed_scores(labels, probabilities, np.zeros(4, int))
    assert found["brier"] == {
        "value": brier_score(labels, probabilities),
        "calibration": None,
        "refinement": None,
    }
