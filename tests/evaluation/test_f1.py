import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.evaluation.f1 import class_f1_scores, f1_scores


def test_by_hand():
    labels, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 1])
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
def test_equals_the_definition_to_the_last_bit(pairs):
    """A last bit can decide which of two epochs is kept."""
    labels, predicted, num_classes = pairs
    confusions = np.zeros((num_classes, num_classes), int)
    np.add.at(confusions, (labels, predicted), 1)
    true, chosen = confusions.sum(axis=1), confusions.sum(axis=0)
    f1 = 2 * np.diag(confusions) / np.maximum(true + chosen, 1)
    assert class_f1_scores(labels, predicted, num_classes).tolist() == f1.tolist()
    assert f1_scores(labels, predicted, num_classes) == {
        "macro_f1": f1.mean(),
        "weighted_f1": np.average(f1, weights=true),
        "accuracy": np.trace(confusions) / len(labels),
    }
