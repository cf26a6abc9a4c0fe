import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.sequence import file_order, orders_of, runs


def listed(*paths, label="one", split=None, **columns):
    table = pd.DataFrame({"path": paths, "label": label, "official_split": split}).astype("string")
    return table.assign(image_id=[path.rpartition(".")[0] or path for path in paths], **columns)


def test_numbers_are_read_as_numbers_and_not_as_text():
    order = file_order(listed("a/benign (10).png", "a/benign (9).png", "a/benign (100).png"))
    assert order["rank"].tolist() == [1, 0, 2]
    assert order["pattern"].unique().tolist() == ["/one/benign (#)"]


def test_slices_of_a_patient_follow_each_other_however_many_there_are():
    order = file_order(listed("p2_s2.png", "p1_s10.png", "p1_s2.png", "p1_s3.png"))
    assert order["rank"].tolist() == [3, 2, 0, 1]


def test_names_without_numbers_have_no_order():
    order = file_order(listed("a/left.png", "a/right.png", "a/1.2.8261.20000000000000000001"))
    assert order["rank"].isna().tolist() == [True, True, False]
    assert order["block"].isna().tolist() == [True, True, False]


def test_another_field_can_come_first_if_it_takes_many_values():
    index = listed(*(f"room{room}_{7 * file % 12:02d}.png" for room in (1, 2) for file in range(12)))
    assert file_order(index)["rank"].tolist() == [
        12 * room + 7 * file % 12 for room in (0, 1) for file in range(12)
    ]
    assert file_order(index, number=2)["rank"].tolist() == [
        2 * (7 * file % 12) + room for room in (0, 1) for file in range(12)
    ]
    assert list(orders_of(index)) == [1, 2]
    few = listed(*(f"case{case:02d}_{view}.png" for case in range(12) for view in (1, 2)))
    assert file_order(few, number=2)["rank"].tolist() == list(range(24))
    assert list(orders_of(few)) == [1]
    assert list(orders_of(listed("left.png"))) == [1]


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


@pytest.mark.parametrize(("names", "length", "sizes"), [
    ([f"case_{case:02d}_slice_{place:02d}" for case in range(20) for place in range(50)], 40, [50] * 20),
    ([f"patient_{case:03d}/img_{place:02d}" for case in range(20) for place in range(3)], 2, [3] * 20),
    ([f"{case:04d}_{side}" for case in range(20) for side in "LR"], 3, [2, 4] * 6 + [4]),
    ([f"{day:02d}-05-2021_{place}" for day in range(1, 13) for place in range(4)], 4, [4] * 12),
    ([f"case_{case:02d}_{place}" for case in range(11) for place in range(8)], 5, [8] * 11),
    ([f"year{2010 + year}_{place:04d}" for year in range(5) for place in range(100)], 50, [50] * 10),
])  # fmt: skip
def test_runs_do_not_tear_what_shares_its_first_fields(names, length, sizes):
    index = listed(*(f"{name}.png" for name in names))
    sequence = runs(file_order(index), length)
    assert sorted(sequence.value_counts()) == sorted(sizes)
    if len(sizes) < 20:
        return
    assert sequence.groupby(index["path"].str.split("_slice|/img", regex=True).str[0]).nunique().max() == 1


def test_few_cases_of_a_label_are_cases_where_other_labels_have_more():
    names = [f"case_{case}_{place}.png" for case in range(4) for place in range(8)]
    few = listed(*names, label="rare")
    assert runs(file_order(few), 5).value_counts().max() < 8
    others = listed(*(f"case_{case}_{place}.png" for case in range(4, 20) for place in range(8)))
    both = pd.concat([few, others], ignore_index=True)
    assert sorted(runs(file_order(both), 5).value_counts()) == [8] * 20
