import pandas as pd
import pytest

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.checks import check_classes, check_splits, groups_on_two_sides


def splits_of(*rows):
    return pd.DataFrame(rows, columns=["image_id", "group", "split"]).astype("string")


LEAKING = splits_of(
    ("a", "g2", "train"), ("b", "g2", "validation"), ("c", "g1", "test"), ("d", "g1", "train"),
    ("e", "g3", "train"), ("f", "g3", "excluded"), ("g", "g4", "test"), ("h", "g4", "test"),
)  # fmt: skip


def test_groups_on_two_sides_are_listed_and_excluded_images_do_not_count():
    assert groups_on_two_sides(LEAKING) == ["g1", "g2"]


def test_a_group_on_two_sides_is_refused():
    with pytest.raises(SplitError) as error:
        check_splits(LEAKING)
    assert error.value.message.startswith(
        "2 groups stand on more than one side of the split, such as g1, g2: training would see"
    )


def test_leaks_by_design_are_reported():
    assert check_splits(LEAKING, leaks_by_design=True) == ["g1", "g2"]


def test_clean_splits_pass():
    assert check_splits(splits_of(("a", "a", "train"), ("b", "b", "test"))) == []


@pytest.mark.parametrize("by_design", [False, True])
@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("a", "a", "train"), "list 1 images more than once, such as a"),
        (("b", None, "train"), "1 images without a group or with an unknown split, such as b"),
        (("b", "b", "hold-out"), "1 images without a group or with an unknown split, such as b"),
        (("b", "b", None), "1 images without a group or with an unknown split, such as b"),
    ],
)
def test_malformed_splits_are_refused(row, message, by_design):
    with pytest.raises(SplitError, match=message):
        check_splits(splits_of(("a", "a", "train"), row), leaks_by_design=by_design)


def test_every_class_must_be_on_every_side():
    table = pd.DataFrame(
        {"label": list("xyxyxx"), "split": ["train", "train", "test", "test"] + ["validation"] * 2}
    )
    check_classes(table, ("train", "test"))
    with pytest.raises(SplitError) as error:
        check_classes(table)
    assert error.value.message.startswith(
        "Class 'y' is missing in the validation set; its images are: 1 test, 1 train, 0 validation."
    )


def test_an_empty_side_is_refused():
    table = pd.DataFrame({"label": ["x", "x"], "split": ["train", "excluded"]})
    with pytest.raises(SplitError, match="The test set is empty: 1 train, 1 excluded"):
        check_classes(table, ("train", "test"))
