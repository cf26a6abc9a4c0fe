import numpy as np
import pytest
from scipy.special import softmax

from s3f_pipeline.evaluation.reliability import reliability
from s3f_pipeline.evaluation.sample import Sample


def true_probabilities(n=300):
    rng = np.random.default_rng(0)
    probabilities = softmax(1.5 * rng.normal(size=(n, 3)), axis=1)
    return Sample(np.array([rng.choice(3, p=row) for row in probabilities]), probabilities, np.arange(n))


def test_points_of_the_diagram_hold_all_images_and_lie_where_they_came_true():
    sample = true_probabilities()
    points = reliability(sample)
    assert sum(point["images"] for point in points) == 300
    right = sample.probabilities.argmax(axis=1) == sample.labels
    assert sum(point["share"] * point["images"] for point in points) == pytest.approx(right.sum())
    inside = [point["low"] <= point["share"] <= point["high"] for point in points]
    assert np.mean(inside) > 0.8  # the probabilities are true
    of_class = reliability(sample, positive=1)
    assert sum(point["share"] * point["images"] for point in of_class) == pytest.approx(
        (sample.labels == 1).sum()
    )


def test_one_image_is_one_point():
    (point,) = reliability(Sample(np.array([1]), np.array([[0.2, 0.8]]), np.array([0])))
    assert point["probability"] == pytest.approx(0.8)
    assert (point["share"], point["images"], point["low"], point["high"]) == (1, 1, 0, 1)
