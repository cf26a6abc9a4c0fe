import pandas as pd
import pytest

from s3f_pipeline.splits.demographics import demographics

INDEX = pd.DataFrame(
    {
        "image_id": list("abcde"),
        "age": [20, 40, None, 60, 70],
        "sex": ["female", "male", None, "male", "female"],
    }
)
SPLITS = pd.DataFrame({"image_id": list("abcde"), "split": ["train", "train", "train", "test", "excluded"]})


def rows(index):
    found = demographics(index, SPLITS)
    assert found["splits"] == ["train", "test"]
    return {row["name"]: row["values"] for row in found["rows"]}


def test_each_split_is_described():
    assert rows(INDEX) == {
        "Images": ["3", "1"],
        "Age in years": ["30.0 ± 10.0, median 30; 1 not known", "60.0 ± 0.0, median 60"],
        "sex: female": ["1 (33.3 %)", "0 (0.0 %)"],
        "sex: male": ["1 (33.3 %)", "1 (100.0 %)"],
        "sex: not known": ["1 (33.3 %)", "0 (0.0 %)"],
    }


def test_an_age_that_nobody_knows():
    assert rows(INDEX.assign(age=None))["Age in years"] == ["not known", "not known"]


@pytest.mark.parametrize("columns", [["image_id"], ["image_id", "label"]])
def test_nothing_is_said_where_nothing_is_known(columns):
    assert rows(INDEX.assign(label="x")[columns]) == {}
