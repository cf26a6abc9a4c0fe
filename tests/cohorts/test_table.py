import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.config.schema import TableColumns
from s3f_pipeline.errors import CohortError

CLASSES = ("ill", "well")
COLUMNS = TableColumns(file="images.csv", path="file", label="finding", patient="id", split="set")
ROWS = ["file,finding,id,set,age,sex,site,name,born", "b/2.png,well,008,val,61,f,back,Doe,1960-01-01",
        "1.dcm,ill,N1,train,,m,,Roe,1950-01-01", "3.png,ill,7,,0,,,,"]  # fmt: skip


@pytest.fixture
def folder(tmp_path, put):
    put(tmp_path, "b/2.png", "1.dcm", "3.png")
    (tmp_path / "images.csv").write_text("\n".join(ROWS) + "\n")
    return tmp_path


def rewrite(folder, *rows, header=ROWS[0]):
    (folder / "images.csv").write_text("\n".join([header, *rows]) + "\n")


def test_columns_are_taken_over_and_no_others(folder):
    table = list_files("table", folder, CLASSES, COLUMNS)
    assert list(table.columns) == [
        "image_id", "path", "label", "subject", "official_split", "age", "sex", "site",
    ]  # fmt: skip
    assert list(table["image_id"]) == list(table["path"]) == ["1.dcm", "3.png", "b/2.png"]
    assert list(table["subject"]) == ["N1", "7", "008"]
    assert list(table["official_split"].fillna("")) == ["train", "", "validation"]
    assert list(table["age"].fillna(-1)) == [-1, 0, 61]


def test_columns_that_are_not_there_are_null(folder):
    rewrite(folder, "3.png,ill", "1.dcm,well", header="path,label")
    table = list_files("table", folder, CLASSES, TableColumns(file="images.csv"))
    assert table[["subject", "official_split"]].isna().all(axis=None)
    assert table.attrs["passed_over"] == {"not in the table": 1}


def test_parquet(folder):
    frame = pd.DataFrame({"path": ["3.png", "1.dcm"], "label": ["ill", "well"], "id": [7, 12]})
    frame.to_parquet(folder / "images.parquet")
    table = list_files("table", folder, CLASSES, TableColumns(file="images.parquet", patient="id"))
    assert list(table["subject"]) == ["12", "7"]


def test_paths_are_normalised(folder):
    rewrite(folder, "./3.png,ill,1,", "b//2.png,well,2,", header="file,finding,id,set")
    assert list(list_files("table", folder, CLASSES, COLUMNS)["path"]) == ["3.png", "b/2.png"]


def test_splits_may_be_spelt_as_those_of_folders(folder):
    rewrite(folder, "3.png,ill,1,Training", "1.dcm,well,2,dev", header="file,finding,id,set")
    assert list(list_files("table", folder, CLASSES, COLUMNS)["official_split"]) == ["validation", "train"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("3.png,sick,1,", r"finding is not one of ill, well: 1 of 3 \(3\.png \(sick\)\)"),
        ("3.png,,1,", r"without a finding: 1 of 3 \(3\.png\)"),
        ("3.png,ill,1,holdout", r"set is not one of train, .*: 1 of 3 \(3\.png \(holdout\)\)"),
        ("3.png,ill,P2,", r"column id of .* spelt in several ways: P2 and p2 \(on 2 of 3 images\)"),
        ("3.png,ill,P 2,", r"P 2 and p2"),
        ("3.png,ill,01,", r"01 and 1"),
        ("3.png,ill,p\uff12,", r"p2 and p\uff12 \('p\\uff12'\)"),
        ("3.png,ill,1.23457E+12,", r"id was rounded by a spreadsheet: 1 of 3 \(1\.23457E\+12\)"),
        ("3.png,ill,1E+12,", r"id was rounded by a spreadsheet: 1 of 3 \(1E\+12\)"),
        ("3.png,ill,NA,", r"words for no id, .* one patient of many: NA \(on 1 of 3 images\)"),
        ("3.png,ill,#N/A,", r"words for no id"),
        ("3.png,ill,Unknown,", r"words for no id"),
        ("4.png,ill,1,", r"not on disk: 1 of 3 \(4\.png\)"),
        (",ill,1,", r"Rows of .* without a file: 1 of 3 \(row 3\)"),
        ("./1.dcm,ill,1,", r"lists twice: 1 of 3 \(1\.dcm\)"),
        ("../3.png,ill,1,", r"absolute or have '\.\.' in them: 1 of 3 \(\.\./3\.png\)"),
        ("b/../3.png,ill,1,", r"absolute or have '\.\.'"),
        ("/etc/passwd,ill,1,", r"absolute or have '\.\.'"),
        ("C:\\3.png,ill,1,", r"absolute or have '\.\.'"),
    ],
)
def test_bad_rows(folder, row, message):
    rewrite(folder, "1.dcm,ill,1,", "b/2.png,well,p2,", row, header="file,finding,id,set")
    with pytest.raises(CohortError, match=message):
        list_files("table", folder, CLASSES, COLUMNS)


@pytest.mark.parametrize("empty", ["", "\u200b\u00a0"])
def test_an_empty_cell_is_an_unknown_patient_and_told(folder, empty):
    rewrite(folder, "1.dcm,ill,1,", "b/2.png,well,p2,", f"3.png,ill,{empty},", header="file,finding,id,set")
    table = list_files("table", folder, CLASSES, COLUMNS)
    assert table.set_index("path")["subject"].isna().to_dict() == {
        "1.dcm": False, "3.png": True, "b/2.png": False,
    }  # fmt: skip
    (notice,) = table.attrs["notices"]
    assert notice.startswith("1 of 3 images have no id in the table (3.png): other images of their patients")


def test_a_class_without_rows(folder):
    rewrite(folder, "1.dcm,ill,1,", header="file,finding,id,set")
    with pytest.raises(CohortError, match=r"Classes without an image in .*: well"):
        list_files("table", folder, CLASSES, COLUMNS)


def test_a_date_of_birth_is_no_age_and_is_not_shown(folder):
    rewrite(folder, "1.dcm,ill,1,,19500101", "b/2.png,well,2,,1960-01-01", header="file,finding,id,set,age")
    with pytest.raises(CohortError, match=r"age is no number of years from 0 to 130: 2 of 2") as caught:
        list_files("table", folder, CLASSES, COLUMNS)
    assert "1950" not in caught.value.message
    assert "1960" not in caught.value.message


def test_a_missing_column(folder):
    with pytest.raises(CohortError, match=r"Columns missing in .*images\.csv: path\. It has file, finding"):
        list_files("table", folder, CLASSES, TableColumns(file="images.csv", label="finding"))


@given(st.permutations(range(6)))
def test_the_order_of_the_rows_does_not_matter(tmp_path_factory, put, order):
    folder = put(tmp_path_factory.mktemp("table"), *(f"{number}.png" for number in range(6)))
    rows = [f"{number}.png,{CLASSES[number % 2]},p{number // 2}," for number in range(6)]
    rewrite(folder, *(rows[number] for number in order), header="file,finding,id,set")
    table = list_files("table", folder, CLASSES, COLUMNS)
    assert list(table["path"]) == [f"{number}.png" for number in range(6)]
    assert list(table["subject"]) == ["p0", "p0", "p1", "p1", "p2", "p2"]


def test_a_pattern_says_which_part_of_an_id_names_the_patient(folder):
    rewrite(folder, "1.dcm,ill,MR7B,", "3.png,ill,MR7,", "b/2.png,well,8c,", header="file,finding,id,set")
    columns = COLUMNS.model_copy(update={"patient_pattern": r"(.*?)[A-Za-z]?"})
    assert list(list_files("table", folder, CLASSES, columns)["subject"]) == ["MR7", "MR7", "8"]
    with pytest.raises(CohortError, match=r"id does not have the pattern \(MR.*\): 1 of 3 \(8c\)"):
        list_files("table", folder, CLASSES, COLUMNS.model_copy(update={"patient_pattern": "(MR.*)"}))


def test_a_patient_is_one_however_it_is_written(folder):
    rows = ["1.dcm,ill,7", "3.png,ill,7.0", "b/2.png,well,\u200b7\u00a0"]
    rewrite(folder, *rows, header="file,finding,id")
    columns = COLUMNS.model_copy(update={"split": None})
    assert set(list_files("table", folder, CLASSES, columns)["subject"]) == {"7"}


def test_numbers_with_gaps_are_ids_without_a_point(folder):
    frame = pd.DataFrame({"path": ["3.png", "1.dcm", "b/2.png"], "label": ["ill", "well", "well"]})
    frame["id"] = [7, 12, 7.0]
    frame.to_parquet(folder / "images.parquet")
    table = list_files("table", folder, CLASSES, TableColumns(file="images.parquet", patient="id"))
    assert list(table["subject"]) == ["12", "7", "7"]


def test_spellings_count_in_the_part_that_names_the_patient(folder):
    columns = COLUMNS.model_copy(update={"patient_pattern": r"(.*?)[A-Za-z]?"})
    rewrite(folder, "1.dcm,ill,MR7B,", "3.png,ill,MR7b,", "b/2.png,well,8c,", header="file,finding,id,set")
    assert list(list_files("table", folder, CLASSES, columns)["subject"]) == ["MR7", "MR7", "8"]
    rewrite(folder, "1.dcm,ill,MR7B,", "3.png,ill,MR07,", "b/2.png,well,8c,", header="file,finding,id,set")
    with pytest.raises(CohortError, match="MR07 and MR7"):
        list_files("table", folder, CLASSES, columns)


def test_names_are_one_composed_and_decomposed(folder, put):
    put(folder, "Gro\u0308\u00dfe/a.png", "Gro\u0308\u00dfe/b.png", "\u00e9.png")
    rows = ["Gr\u00f6\u00dfe/a.png,\u00f6", "Gr\u00f6\u00dfe/b.png,o\u0308", "e\u0301.png,x"]
    rewrite(folder, *rows, header="file,finding")
    (folder / "images.csv").rename(folder / "image\u0301s.csv")
    columns = TableColumns(file="imag\u00e9s.csv", path="file", label="finding")
    table = list_files("table", folder, ("o\u0308", "x"), columns)
    assert list(table["path"]) == ["Gro\u0308\u00dfe/a.png", "Gro\u0308\u00dfe/b.png", "\u00e9.png"]
    assert list(table["image_id"]) == ["Gr\u00f6\u00dfe/a.png", "Gr\u00f6\u00dfe/b.png", "\u00e9.png"]
    assert list(table["label"]) == ["o\u0308", "o\u0308", "x"]
    assert table.attrs["passed_over"] == {"not in the table": 3}


def test_a_label_that_only_looks_like_a_class(folder):
    rewrite(folder, "1.dcm,ill\u200b,1", "3.png,well,2", header="file,finding,id")
    with pytest.raises(
        CohortError, match=r"not one of ill, well: 1 of 2 \(1\.dcm \(ill\u200b \('ill\\u200b'\)\)\)"
    ):
        list_files("table", folder, CLASSES, COLUMNS.model_copy(update={"split": None}))


def test_a_table_without_rows(folder):
    rewrite(folder)
    with pytest.raises(CohortError, match=r"images\.csv has a header, but no rows"):
        list_files("table", folder, CLASSES, COLUMNS)
