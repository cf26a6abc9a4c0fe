import pandas as pd
import pytest

from s3f_pipeline.splits.held_runs import in_held_run, order_across_splits

SIDES = {"T": "train", "V": "validation", "t": "test", "-": None}


def held(sides, runs, patterns=None):
    """Images in the order of their numbers; a letter each for side and run, ``.`` for none."""
    count = len(sides)
    order = pd.DataFrame({"pattern": list(patterns or "p" * count), "rank": range(count)})
    names = pd.Series([None if run == "." else run for run in runs], dtype="string")
    marked = in_held_run(pd.Series([SIDES[side] for side in sides], dtype="string"), names, order)
    return "".join("x" if mark else "." for mark in marked)


@pytest.mark.parametrize(
    ("sides", "runs", "marked"),
    [
        ("TTTVVV", "aaabbb", "xxxxxx"),
        ("TTVVVV", "aaabbb", "...xxx"),
        ("TT-TVV", "aaaabb", "xx.xxx"),
        ("T--VVV", "aaabbb", "...xxx"),
        ("TTVTVV", "aa.abb", "....xx"),
        ("TTTtVV", "aaa.bb", "......"),
        ("TTTTVV", "aaa.bb", "xxx..."),
        ("TTVVTT", "abbbba", "......"),
    ],
)
def test_a_run_is_held_if_it_is_on_one_side(sides, runs, marked):
    """All of it, with whatever lies between its images, and beside what no run holds."""
    assert held(sides, runs) == marked


def test_what_is_numbered_apart_is_not_beside():
    assert held("TTttTT", "aa..bb", "ppqqqq") == "xx...."
    assert held("TtTt", "a.a.", "pqpq") == "x.x."


def test_neither_the_order_of_rows_nor_their_labels_matter():
    order = pd.DataFrame({"pattern": "p", "rank": [2, 0, 1]}, index=[5, 5, 9])
    runs = pd.Series(["a", "a", pd.NA], index=[5, 5, 9], dtype="string")
    for between, marked in (("train", True), ("test", False)):
        sides = pd.Series(["train", "train", between], index=[5, 5, 9])
        assert in_held_run(sides, runs, order).tolist() == [marked, marked, False]


@pytest.mark.parametrize("folder", ["", "{split}/ill/", "ill/{split}/"])
def test_a_file_stands_between_those_whose_numbers_lie_around_its_own(folder):
    """Whether the official splits have folders of their own or not."""
    splits = ["test" if number % 5 == 3 else "train" for number in range(30)]
    index = pd.DataFrame(
        {
            "image_id": [f"{number:03d}" for number in range(30)],
            "path": [f"{folder.format(split=split)}IM{n:03d}.png" for n, split in enumerate(splits)],
            "label": "ill",
            "official_split": splits,
        }
    )
    order = order_across_splits(index)
    assert order["pattern"].nunique() == 1
    assert order["rank"].tolist() == list(range(30))
