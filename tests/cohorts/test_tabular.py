import pandas as pd
import pytest

from s3f_pipeline.cohorts.tabular import read_ages, read_table
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
    assert list(read_table(tmp_path / "table.csv", [])["label"].fillna("(null)")) == ["None", "NA", "(null)"]


def test_parquet_as_text(tmp_path):
    pd.DataFrame({"id": [1, 2], "label": ["", None], "more": [[1], [2]]}).to_parquet(
        tmp_path / "table.parquet"
    )
    table = read_table(tmp_path / "table.parquet", ["id"])
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
        ("table.parquet", b"id,name\n", "Parquet"),
        ("table.parquet", b"", "Parquet"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CohortError, match=rf"Cannot read the table .*{name}: .*{message}"):
        read_table(tmp_path / name, [])


def test_ages():
    ages = read_ages(pd.Series(["0", "45.0", None, "130"], dtype="string"), None)
    assert list(ages.fillna(-1)) == [0, 45, -1, 130]


@pytest.mark.parametrize("cell", ["1950-01-01", "19500101", "-1", "old", "inf", "nan"])
def test_no_ages(tmp_path, cell):
    with pytest.raises(CohortError, match=r"age is no number of years from 0 to 130: 1 of 2 \(row 2\)"):
        read_ages(pd.Series(["3", cell], dtype="string"), tmp_path)
