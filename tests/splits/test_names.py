import re

import pandas as pd
import pytest

from s3f_pipeline.splits.names import part_pattern, parts_of, read_names


def listed(names, label="ill", split=None):
    paths = [f"{label}/{name}.png" for name in names]
    return pd.DataFrame({"path": paths, "label": label, "official_split": split}).astype("string")


CASES = [f"case_{case:02d}_slice_{place:02d}" for case in range(12) for place in range(3)]
FOLDERS = [f"patient_{case:03d}/img_{place:02d}" for case in range(12) for place in range(3)]
PEOPLE = [f"{letter}{letter}/img_{place:02d}" for letter in "abcdefghijkl" for place in range(3)]
SIDES = [f"{case:04d}_{side}" for case in range(12) for side in "LR"]
FIRST = [f"{side}_{case:04d}" for case in range(12) for side in ("left", "right")]


@pytest.mark.parametrize(("names", "pattern", "first"), [
    (["person1_virus_7", "person1_virus_8", "person2_virus_9"], "person#_virus_*", (1, 7)),
    (["set2025_001_t1", "set2025_002_t1"], "set2025_#_t1", (1,)),
    (["IM-0115-0001", "IM-0117-0001"], "IM-#-0001", (115,)),
    (["1.2.3", "1.2.4"], "1.2.#", (3,)),
    (CASES, "case_#_slice_*", (0, 0)),
    (FOLDERS, "patient_#/img_*", (0, 0)),
    (PEOPLE, "#/img_*", ("aa", 0)),
    (SIDES, "#_*", (0,)),
    (FIRST, "*_#", (0,)),
])  # fmt: skip
def test_fields_are_what_varies(names, pattern, first):
    read = read_names(listed(names))
    assert read["pattern"].unique().tolist() == [pattern]
    flat = [field[0] if len(field) == 1 else field for field in read["fields"].iloc[0]]
    assert tuple(flat) == first
    for name, spans, fields in zip(read["name"], read["spans"], read["fields"], strict=True):
        for (start, end), field in zip(spans, fields, strict=True):
            assert re.sub("^0+(?=.)", "", name[start:end]) == str(field[0])


def test_kinds_whose_numbers_differ_have_patterns_of_their_own():
    names = [f"{place:04d}_{'ax' if place % 2 else 'co'}" for place in range(30)]
    assert sorted(read_names(listed(names))["pattern"].unique()) == ["#_ax", "#_co"]


@pytest.mark.parametrize(("form", "words"), [
    ("%Y-%m-%d_%H-%M-%S", 1), ("IMG %d.%m.%Y %H.%M.%S", 1), ("%m-%d-%Y", 1), ("%Y%m%d_%H%M%S", 2),
])  # fmt: skip
def test_dates_are_in_the_order_of_time(form, words):
    times = pd.date_range("2019-11-20 22:10:05", periods=60, freq="31h")
    fields = read_names(listed([time.strftime(form) for time in times]))["fields"]
    assert fields.map(len).unique().tolist() == [words]
    assert fields.is_monotonic_increasing


def test_names_of_splits_make_no_pattern():
    names = [f"x_{split}_{place}" for split in ("train", "test") for place in range(3)]
    read = read_names(listed(names))
    assert read["common"].unique().tolist() == ["x_*_#"]
    assert read["pattern"].nunique() == 2


@pytest.mark.parametrize(("names", "part", "pattern", "patient"), [
    (CASES, (0, 1), r"(case_\d+).*", "case_11"),
    (FOLDERS, (0, 1), r"(patient_\d+).*", "patient_011"),
    ([f"raw/{name}" for name in FOLDERS], (0, 1), r".*/(patient_\d+).*", "patient_011"),
    (PEOPLE, (0, 1), r"([^\W\d_]+).*", "ll"),
    (SIDES, (0, 1), r"(\d+).*", "0011"),
    (FIRST, (0, 1), r"[^\W\d_]+_(\d+).*", "0011"),
    (CASES, (1, 2), r"case_\d+_slice_(\d+).*", "02"),
])  # fmt: skip
def test_a_part_that_files_share_can_be_written_down(names, part, pattern, patient):
    index = listed(names)
    told = part_pattern(index, part)
    assert told["pattern"] == pattern
    assert re.fullmatch(pattern, index["path"].iloc[-1].removeprefix("ill/"))[1] == patient
    if part[0] == 0:
        shared = parts_of(index)[part]
        assert shared.nunique() == 12
        assert shared.notna().all()


def test_what_few_files_differ_in_names_no_cases():
    assert (
        parts_of(listed([f"room{room}_{20 * room + place}" for room in range(3) for place in range(20)]))
        == {}
    )
    assert parts_of(listed([f"{place}" for place in range(20)])) == {}
    assert parts_of(listed(["left", "right"])) == {}


def test_names_of_several_forms_have_no_one_expression():
    index = pd.concat([listed(CASES), listed([f"{name}b1" for name in SIDES], "healthy")], ignore_index=True)
    assert part_pattern(index, (0, 1))["pattern"] is None
