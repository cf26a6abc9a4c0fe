import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.f1 import class_f1_scores, f1_scores


def test_by_hand():
    labels, predicted = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 1]
    # class 0: TP 2, FN 1, FP 0 -> 4/5; class 1: TP 1, FN 1, FP 2 -> 2/5; class 2: TP 0 -> 0
    np.testing.assert_allclose(class_f1_scores(labels, predicted, 3), [0.8, 0.4, 0.0])
    assert f1_scores(labels, predicted, 3) == pytest.approx(
        {"macro_f1": 0.4, "weighted_f1": 3.2 / 6, "accuracy": 0.5}
    )


@st.composite
def index_pairs(draw):
    num_classes = draw(st.integers(2, 7))
    n = draw(st.integers(1, 40))
    indices = st.lists(st.integers(0, num_classes - 1), min_size=n, max_size=n)
    return np.array(draw(indices)), np.array(draw(indices)), num_classes


@given(index_pairs())
def test_equals_scikit_learn(pairs):
    labels, predicted, num_classes = pairs
    options = {"labels": range(num_classes), "zero_division": 0}
    scores = f1_scores(labels, predicted, num_classes)
    assert scores == pytest.approx(
        {
            "macro_f1": f1_score(labels, predicted, average="macro", **options),
            "weighted_f1": f1_score(labels, predicted, average="weighted", **options),
            "accuracy": accuracy_score(labels, predicted),
        }
    )
    np.testing.assert_allclose(
        class_f1_scores(labels, predicted, num_classes),
        f1_score(labels, predicted, average=None, **options),
    )


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([], [], r"shape \(0,\)"),
        ([0, 1], [0], r"predicted of shape \(1,\)"),
        ([[0, 1]], [[0, 1]], r"labels of shape \(1, 2\)"),
        ([0, 2], [0, 1], "indices from 0 to 2"),
        ([0, 1], [-1, 1], "indices from -1 to 1"),
    ],
)
def test_refuses_what_is_no_pair_of_class_indices(labels, predicted, message):
    with pytest.raises(EvaluationError, match=message):
        f1_scores(labels, predicted, 2)
