import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from s3f_pipeline.evaluation.temperature import BOUNDS, cross_fitted, fit_temperature, scale


class Logits(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose input are its logits."""

    classes_ = np.arange(4)

    def fit(self, logits, labels):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def decision_function(self, logits):
        return logits

    def predict(self, logits):
        return logits.argmax(axis=1)


def overconfident(n=400, seed=0, truth=0.4):
    """Logits, and labels drawn from probabilities at the temperature 1 / truth."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(n, 4))
    return logits, np.array([rng.choice(4, p=row) for row in softmax(truth * logits, axis=1)])


@pytest.mark.parametrize(("seed", "truth"), [(0, 0.4), (1, 0.4), (2, 2.0)])
def test_temperature_is_that_of_scikit_learn(seed, truth):
    logits, labels = overconfident(seed=seed, truth=truth)
    reference = CalibratedClassifierCV(FrozenEstimator(Logits()), method="temperature").fit(logits, labels)
    inverse = reference.calibrated_classifiers_[0].calibrators[0].beta_
    assert fit_temperature(labels, softmax(logits, axis=1)) == pytest.approx(1 / inverse, rel=1e-5)


def test_scaled_by_hand():
    # square roots of .8 and .2 are as 2 to 1
    assert scale(np.array([[0.8, 0.2]]), 2.0) == pytest.approx(np.array([[2 / 3, 1 / 3]]))
    assert scale(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([1.0, 0.5])) == pytest.approx(
        np.array([[0.8, 0.2], [16 / 17, 1 / 17]])
    )


def test_scaling_keeps_sums_and_order_even_of_certain_probabilities():
    probabilities = np.array([[1.0, 0.0, 0.0], [0.0, 0.3, 0.7], [0.2, 0.5, 0.3]])
    for temperature in (*BOUNDS, 1.0, 3.0):
        scaled = scale(probabilities, temperature)
        assert np.isfinite(scaled).all()
        assert scaled.sum(axis=1) == pytest.approx(np.ones(3))
        assert (scaled.argmax(axis=1) == probabilities.argmax(axis=1)).all()


def test_the_bounds_are_where_every_image_is_right_or_none():
    probabilities = softmax(overconfident()[0], axis=1)
    assert fit_temperature(probabilities.argmax(axis=1), probabilities) == BOUNDS[0]
    assert fit_temperature(probabilities.argmin(axis=1), probabilities) == BOUNDS[1]


def test_a_network_that_knows_nothing_keeps_its_probabilities():
    labels = np.array([0, 1, 1, 2])
    assert fit_temperature(labels, np.full((4, 3), 1 / 3)) == 1.0


def test_order_of_images_and_classes_does_not_matter():
    logits, labels = overconfident()
    probabilities, order, classes = softmax(logits, axis=1), np.arange(400)[::-1], np.array([2, 0, 3, 1])
    temperature = fit_temperature(labels, probabilities)
    assert fit_temperature(labels[order], probabilities[order]) == pytest.approx(temperature)
    renamed = np.argsort(classes)[labels], probabilities[:, classes]
    assert fit_temperature(*renamed) == pytest.approx(temperature)


def test_cross_fitted_temperature_of_an_image_is_that_of_other_groups():
    logits, labels = overconfident(n=60)
    probabilities, groups = softmax(logits, axis=1), np.arange(60) // 30
    first = groups == 0
    scaled = cross_fitted(labels, probabilities, groups)
    of_second = fit_temperature(labels[~first], probabilities[~first])
    assert scaled[first] == pytest.approx(scale(probabilities[first], of_second))


def test_of_one_group_there_is_no_cross_fitting():
    labels, probabilities = np.array([0, 1]), np.array([[0.7, 0.3], [0.4, 0.6]])
    assert cross_fitted(labels, probabilities, np.array([5, 5])) is None
