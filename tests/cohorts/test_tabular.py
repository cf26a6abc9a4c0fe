import pandas as pd
import pytest

from s3f_pipeline.cohorts.tabular import column_names, read_ages, read_table
from s3f_pipeline.errors import CohortError


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_text_tables(tmp_path, separator, encoding):
    path = tmp_path / "table.csv"
    path.write_text(separator.join(["id", "größe"]) + "\n" + separator.join(["001", ""]), encoding=encoding)
    table = read_table(path, ["id", "größe"])
    assert table["id"].item() == "001"
    assert table["größe"].isna().all()


def test_words_that_look_like_nothing_are_kept(tmp_path):
    (tmp_path / "table.csv").write_text('id,label\n1,None\n2,NA\n3,""\n')
    assert list(read_table(tmp_path / "table.csv", ["label"])["label"].fillna("(null)")) == [
        "None",
        "NA",
        "(null)",
    ]


def test_blanks_around_cells_and_names_do_not_count(tmp_path):
    (tmp_path / "table.csv").write_text("id, label\np1 , a\n\tp1,  \n")
    table = read_table(tmp_path / "table.csv", ["id", "label"])
    assert list(table["id"]) == ["p1", "p1"]
    assert list(table["label"].fillna("(null)")) == ["a", "(null)"]


def test_columns_that_nobody_asked_for_are_not_read(tmp_path):
    path = tmp_path / "table.parquet"
    pd.DataFrame({"id": [1], "age": [40], "image": [b"bytes"], "lists": [[1]]}).to_parquet(path)
    table = read_table(path, ["id"], optional=["age", "sex"])
    assert list(table.columns) == ["id", "age"]
    assert column_names(path) == ["id", "age", "image", "lists"]
    for column in ("image", "lists"):
        with pytest.raises(CohortError, match=rf"column {column} of .*table\.parquet holds binary data"):
            read_table(path, [column])


def test_parquet_as_text(tmp_path):
    pd.DataFrame({"id": [1, 2], "label": ["", None], "more": [[1], [2]]}).to_parquet(
        tmp_path / "table.parquet"
    )
    table = read_table(tmp_path / "table.parquet", ["id", "label"])
    assert list(table["id"]) == ["1", "2"]
    assert table["label"].isna().all()


def test_a_missing_table(tmp_path):
    with pytest.raises(CohortError, match=r"There is no table .*table\.csv"):
        read_table(tmp_path / "table.csv", [])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("table.csv", b"", "No columns to parse"),
        ("table.csv", b"id,name\n1,J\xf6rg\n", "codec can't decode"),
        ("table.csv", b"id,name\n1,a,b\n2,c,d\n", "more cells than its header"),
        ("table.csv", b"id,name\n1,a\n2,c,d,e\n", "Expected 2 fields"),
        ("table.csv", b'id,name\n1,"a\n', "EOF inside string"),
        ("table.csv", b"id,name,name \n1,a,b\n", "two columns are called name"),
        ("table.parquet", b"id,name\n", "Parquet"),
        ("table.parquet", b"", "Parquet"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CohortError, match=rf"Cannot read the table .*{name}: .*{message}"):
        read_table(tmp_path / name, ["name"] if b"name" in content else [])


def test_ages():
    ages = read_ages(pd.Series(["0", "45.0", None, "130"], dtype="string"), None)
    assert list(ages.fillna(-1)) == [0, 45, -1, 130]


@pytest.mark.parametrize("cell", ["1950-01-01", "19500101", "-1", "old", "inf", "nan"])
def test_no_ages(tmp_path, cell):
    with pytest.raises(CohortError, match=r"age is no number of years from 0 to 130: 1 of 2 \(row 2\)"):
        read_ages(pd.Series(["3", cell], dtype="string"), tmp_path)
