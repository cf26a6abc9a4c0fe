import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.explanation.labels import suspicious_labels


def table(rows):
    """Rows of label and probabilities of a, b, c."""
    labels, probabilities = zip(*rows, strict=True)
    columns = {f"p_{name}": values for name, values in zip("abc", np.transpose(probabilities), strict=True)}
    ids = [f"image-{number}" for number in range(len(rows))]
    return pd.DataFrame({"image_id": ids, "group": None, "split": "test", "label": labels, **columns})


def test_labels_are_listed_as_confident_learning_counts_them():
    rows = [
        ("a", (0.9, 0.1, 0.0)),
        ("a", (0.7, 0.2, 0.1)),
        ("a", (0.1, 0.85, 0.05)),  # of a the mean is 0.567, of b 0.7
        ("b", (0.1, 0.8, 0.1)),
        ("b", (0.35, 0.6, 0.05)),
    ]
    found = suspicious_labels(table(rows), ["a", "b", "c"], 5)
    assert found["thresholds"] == {"a": pytest.approx(1.7 / 3), "b": pytest.approx(0.7), "c": None}
    assert (found["images"], found["found"]) == (5, 1)
    (listed,) = found["listed"]
    assert (listed["image_id"], listed["label"], listed["suggested"]) == ("image-2", "a", "b")
    assert (listed["p_label"], listed["p_suggested"], listed["group"]) == (0.1, 0.85, None)


def test_the_largest_margin_comes_first_and_no_more_are_listed_than_asked_for():
    right = [("a", (0.6, 0.4, 0.0)), ("b", (0.4, 0.6, 0.0))] * 10
    wrong = [("a", (0.2, 0.8, 0.0)), ("a", (0.05, 0.95, 0.0)), ("b", (0.7, 0.3, 0.0))]
    found = suspicious_labels(table(right + wrong), ["a", "b", "c"], 2)
    assert found["found"] >= 3
    assert [each["image_id"] for each in found["listed"]] == ["image-21", "image-20"]


def test_where_all_is_clear_nothing_is_listed():
    found = suspicious_labels(table([("a", (1, 0, 0)), ("c", (0, 0, 1))]), ["a", "b", "c"], 5)
    assert (found["found"], found["listed"]) == (0, [])
