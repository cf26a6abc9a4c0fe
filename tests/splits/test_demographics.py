import pandas as pd
import pytest

from s3f_pipeline.splits.demographics import MOST_SITES, UNKNOWN, demographics

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
        "age: mean ± SD, years": ["30.0 ± 10.0", "60.0 ± 0.0"],
        "age: median, years": ["30", "60"],
        "age: not known": ["1 (33.3\N{NO-BREAK SPACE}%)", "0 (0.0\N{NO-BREAK SPACE}%)"],
        "sex: female": ["1 (33.3\N{NO-BREAK SPACE}%)", "0 (0.0\N{NO-BREAK SPACE}%)"],
        "sex: male": ["1 (33.3\N{NO-BREAK SPACE}%)", "1 (100.0\N{NO-BREAK SPACE}%)"],
        "sex: not known": ["1 (33.3\N{NO-BREAK SPACE}%)", "0 (0.0\N{NO-BREAK SPACE}%)"],
    }


def test_an_age_that_nobody_knows():
    found = rows(INDEX.assign(age=None))
    assert found["age: mean ± SD, years"] == found["age: median, years"] == [UNKNOWN, UNKNOWN]
    assert found["age: not known"][1].startswith("1 (100.0")


def test_rare_sites_are_counted_together():
    images = MOST_SITES + 2
    index = pd.DataFrame({"image_id": range(images + 1), "site": [*map(str, range(images)), "0"]})
    found = demographics(index, index[["image_id"]].assign(split="train"))
    shares = {row["name"]: row["values"][0] for row in found["rows"]}
    assert shares["site: 0"].startswith("2 (")
    assert shares["site: other"].startswith("2 (")
    assert len(shares) == 1 + MOST_SITES + 2


@pytest.mark.parametrize("columns", [["image_id"], ["image_id", "label"]])
def test_nothing_is_said_where_nothing_is_known(columns):
    assert rows(INDEX.assign(label="x")[columns]) == {}
