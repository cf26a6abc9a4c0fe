import numpy as np
import pytest

from s3f_pipeline.evaluation.ratios import ratios


def test_weights_count_groups_with_all_their_images():
    groups = np.array([0, 0, 1])
    hits, images = np.array([[1.0], [0.0], [1.0]]), np.ones((3, 1))
    found = ratios(hits, images, groups, np.array([[1, 1], [2, 0], [0, 2], [1, 3]]))
    assert found[:, 0] == pytest.approx([2 / 3, 1 / 2, 1, 4 / 5])


def test_what_has_no_weight_is_nan():
    found = ratios(np.ones((2, 1)), np.array([[1.0], [0.0]]), np.array([0, 1]), np.array([[0, 2], [1, 1]]))
    assert np.isnan(found[0, 0])
    assert found[1, 0] == 2
