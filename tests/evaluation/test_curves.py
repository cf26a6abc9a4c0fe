import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from s3f_pipeline.evaluation.curves import mean_roc


def predictions(labels, probabilities, classes):
    table = pd.DataFrame({"image_id": [f"i{n}" for n in range(len(labels))], "label": labels})
    table["group"], table["split"] = table["image_id"], "test"
    table["predicted"] = [classes[row.argmax()] for row in probabilities]
    for number, name in enumerate(classes):
        table[f"p_{name}"] = probabilities[:, number]
    return table


def test_a_perfect_network_reaches_the_corner():
    table = predictions(list("aabb"), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]]), ["a", "b"])
    curve = mean_roc(table, ["a", "b"], positive_class="b")
    assert curve["sensitivity"].iloc[1:].eq(1).all()


def test_the_area_is_the_macro_auc():
    rng = np.random.default_rng(0)
    labels = rng.choice(list("abc"), 600)
    scores = rng.random((600, 3)) + (labels[:, None] == np.array(list("abc"))) * 0.4
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    curve = mean_roc(predictions(labels, probabilities, ["a", "b", "c"]), ["a", "b", "c"])
    area = np.trapezoid(curve["sensitivity"], curve["false_positive_rate"])
    assert area == pytest.approx(roc_auc_score(labels, probabilities, multi_class="ovr"), abs=0.01)


def test_one_class_alone_has_no_curve():
    table = predictions(list("aa"), np.array([[0.9, 0.1], [0.8, 0.2]]), ["a", "b"])
    assert mean_roc(table, ["a", "b"])["sensitivity"].isna().all()
