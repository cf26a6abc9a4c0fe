import json

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.evaluation.sample import Sample
from s3f_pipeline.evaluation.subgroups import subgroup_names, subgroups_block

CLASSES = ["a", "b"]


def drawn(n=120):
    rng = np.random.default_rng(0)
    labels, positive = rng.integers(2, size=n), rng.random(n)
    return Sample(labels, np.stack([1 - positive, positive], axis=1), np.arange(n) // 2)


def block(test, names):
    return subgroups_block(test, names, CLASSES, replicates=50, confidence=0.95, seed=0)


def test_bands_and_values_in_order():
    rows = pd.DataFrame({"age": [39.5, 40, 60, None, 12], "sex": ["male", "female", None, "male", "male"]})
    names = subgroup_names(rows, {"age": [40, 60], "sex": []})
    assert list(names["age"]) == ["under 40", "40 to under 60", "60 and over", "not stated", "under 40"]
    assert list(names["age"].categories) == ["under 40", "40 to under 60", "60 and over", "not stated"]
    assert list(names["sex"]) == ["male", "female", "not stated", "male", "male"]
    assert list(names["sex"].categories) == ["female", "male", "not stated"]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"plain": []}, "no such column. It has age, sex, scanner"),
        ({"sex": [1, 2]}, "no numbers"),
        ({"scanner": []}, "too many for subgroups"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(columns, told):
    rows = pd.DataFrame({"age": range(40), "sex": "male", "scanner": [f"s{n}" for n in range(40)]})
    with pytest.raises(EvaluationError, match=told):
        subgroup_names(rows, columns)


def test_figures_are_those_of_the_images_of_a_subgroup():
    test = drawn()
    sex = pd.Categorical(["f"] * 80 + ["m"] * 40, categories=["m", "f", "unused"])
    found = block(test, {"sex": sex})["sex"]
    assert list(found) == ["m", "f"]
    assert (found["m"]["n"], found["m"]["groups"], found["f"]["groups"]) == (40, 20, 40)
    right = test.probabilities.argmax(axis=1) == test.labels
    assert found["m"]["accuracy"] == pytest.approx(right[80:].mean())
    assert found["f"]["accuracy"] == pytest.approx(right[:80].mean())
    assert found["m"]["support"] == {
        name: int((test.labels[80:] == n).sum()) for n, name in enumerate(CLASSES)
    }
    assert found["m"]["too_small"]
    assert not found["f"]["too_small"]
    interval = found["f"]["intervals"]["accuracy"]
    assert interval["low"] < found["f"]["accuracy"] < interval["high"]


def test_a_subgroup_of_one_class_has_a_recall_and_no_auc():
    test = drawn()
    kind = pd.Categorical(np.where(test.labels == 1, "virus", "not stated"))
    found = block(test, {"kind": kind})["kind"]["virus"]
    assert found["auc_macro"] is None
    assert found["balanced_accuracy"] == pytest.approx(found["accuracy"])
    json.dumps(found, allow_nan=False)


def test_one_image_is_a_subgroup_of_its_own():
    found = block(drawn(), {"site": pd.Categorical(["ear"] + ["back"] * 119)})["site"]["ear"]
    assert found["n"] == 1
    json.dumps(found, allow_nan=False)


def test_a_column_in_which_nothing_is_stated_has_no_subgroups():
    rows = pd.DataFrame({"sex": [None, None], "site": ["left", None]})
    assert list(subgroup_names(rows, {"sex": [], "site": []})) == ["site"]
