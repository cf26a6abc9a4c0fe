import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.sequence import file_order, runs


def listed(*paths, label="one", split=None, **columns):
    table = pd.DataFrame({"path": paths, "label": label, "official_split": split}).astype("string")
    return table.assign(image_id=[path.rpartition(".")[0] or path for path in paths], **columns)


def test_numbers_are_read_as_numbers_and_not_as_text():
    order = file_order(listed("a/benign (10).png", "a/benign (9).png", "a/benign (100).png"))
    assert order["number"].tolist() == [10, 9, 100]
    assert order["rank"].tolist() == [1, 0, 2]
    assert order["pattern"].unique().tolist() == ["/one/benign (#)"]


@pytest.mark.parametrize(("stems", "numbers", "text"), [
    (["person1_virus_7", "person1_virus_8", "person2_virus_9"], [7, 8, 9], "person*_virus_#"),
    (["p3_slice1", "p3_slice2", "p4_slice1", "p5_slice1"], [3, 3, 4, 5], "p#_slice*"),
    (["set2025_001_t1", "set2025_002_t1"], [1, 2], "set2025_#_t1"),
    (["IM-0115-0001", "IM-0117-0001"], [115, 117], "IM-#-0001"),
    (["ISIC_0024306", "ISIC_0024307"], [24306, 24307], "ISIC_#"),
    (["a1b1", "a2b2"], [1, 2], "a*b#"),
])  # fmt: skip
def test_the_number_is_what_varies_most(stems, numbers, text):
    order = file_order(listed(*(f"{stem}.jpg" for stem in stems)))
    assert order["number"].tolist() == numbers
    assert order["rank"].tolist() == list(range(len(stems)))
    assert order["pattern"].unique().tolist() == [f"/one/{text}"]


def test_slices_of_a_patient_follow_each_other():
    order = file_order(listed("p2_s2.png", "p1_s10.png", "p1_s2.png", "p3_s2.png"))
    assert order["rank"].tolist() == [2, 1, 0, 3]


def test_names_without_numbers_have_no_order():
    order = file_order(listed("a/left.png", "a/right.png", "a/1.2.8261.20000000000000000001"))
    assert order["number"].isna().tolist() == [True, True, False]
    assert order["rank"].isna().tolist() == [True, True, False]


def test_a_name_is_not_cut_at_a_point_between_digits():
    assert file_order(listed("1.2.3", "1.2.4"))["number"].tolist() == [3, 4]


def test_labels_and_official_splits_count_for_themselves():
    index = pd.concat([listed("x1.png", "x2.png", split="train"), listed("x1.png", split="test")])
    index = pd.concat([index, listed("x1.png", label="two", split="train")], ignore_index=True)
    assert file_order(index)["pattern"].nunique() == 3
    assert file_order(index)["rank"].tolist() == [0, 1, 0, 0]


def test_merged_splits_lie_over_each_other():
    trained = [f"x_train_{number:03d}.png" for number in range(100, 108)]
    tested = ["x_test_1.png", "x_test_2.png"]
    index = pd.concat([listed(*trained, split="train"), listed(*tested, split="test")], ignore_index=True)
    order = file_order(index, merge_splits=True)
    assert order["pattern"].unique().tolist() == ["one/x_*_#"]
    assert order.loc[index["official_split"] == "test", "rank"].tolist() == [2, 7]
    assert sorted(order["rank"]) == list(range(10))


def test_a_column_orders_where_names_do_not():
    index = listed("c.png", "a.png", "b.png", taken=["2020-02-01", None, "2019-05-01"])
    order = file_order(index, "taken")
    assert order["rank"].tolist() == [1, pd.NA, 0]
    assert order["pattern"].tolist() == ["one", pd.NA, "one"]
    with pytest.raises(SplitError, match=r"no column 'when'.*path"):
        file_order(index, "when")


@pytest.mark.parametrize(("files", "sizes"), [
    (80, [40, 40]), (99, [40, 59]), (100, [40, 40, 20]), (19, [19]), (40, [40]), (0, []),
])  # fmt: skip
def test_runs_have_one_length_and_a_short_rest_joins(files, sizes):
    paths = [f"x{number}.png" for number in np.random.default_rng(0).permutation(files)]
    order = file_order(listed(*paths, "left.png"))
    sequence = runs(order, 40)
    assert sequence.iloc[-1] is pd.NA
    table = order.assign(sequence=sequence).dropna(subset="sequence")
    assert table.groupby("sequence").size().tolist() == sizes
    for _, run in table.groupby("sequence"):
        assert run["rank"].max() - run["rank"].min() + 1 == len(run)


def test_runs_of_some_of_the_files_have_the_length_too():
    order = file_order(listed(*(f"x{number}.png" for number in range(200))))
    sizes = runs(order[order["rank"] % 2 == 0], 40).value_counts()
    assert sorted(sizes) == [20, 40, 40]


def test_a_run_has_a_length():
    with pytest.raises(SplitError, match="at least 1"):
        runs(file_order(listed("x1.png")), 0)
