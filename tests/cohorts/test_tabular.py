import re
from contextlib import suppress

import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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
        ("table.csv", b"", "it is empty"),
        (
            "table.csv",
            b"id,name\n1,J\xf6rg\n",
            r"it is not in UTF-8 \(byte 12 is 0xf6\), but perhaps in Latin-1",
        ),
        ("table.csv", b" \n\n", "it is empty"),
        ("table.csv", b"id,name\n1,a,b\n2,c,d\n", "line 2 has 3 cells, but the header has 2"),
        ("table.csv", b"id,name\n1,a\n2,c,d,e\n", "line 3 has 4 cells"),
        ("table.csv", b"id,name\n\n1,a\n2\n", "line 4 has 1 cells"),
        ("table.csv", b'id,name\n1,"a\n', "unexpected end of data"),
        ("table.csv", b'id,name\n1,"a"b\n', "expected after"),
        ("table.csv", b"id,name\n1,a\0\n", "bytes of zeros"),
        ("table.csv", b"PK\x03\x04name", "it is an Excel workbook"),
        ("table.csv", b"\xd0\xcf\x11\xe0name", "it is an Excel workbook of the old kind"),
        ("table.csv", "id,name\n1,a\n".encode("utf-16"), "it is text in UTF-16"),
        ("table.csv", b"PAR1 name", "it is a Parquet file"),
        ("table.parquet", b"id,name\n", "Parquet"),
        ("table.parquet", b"PAR1 name PAR1", "Parquet"),
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


def test_a_name_is_found_however_it_is_composed(tmp_path):
    (tmp_path / "table.csv").write_text("gro\u0308\u00dfe\n3\n", encoding="utf-8")
    assert read_table(tmp_path / "table.csv", ["gr\u00f6\u00dfe"])["gr\u00f6\u00dfe"].item() == "3"


def test_lines_end_where_a_text_file_ends_them(tmp_path):
    (tmp_path / "table.csv").write_bytes('id,name\r\n1,"a\r\nb"\r\n\r\n2,\u2028c\x0bd\r\n'.encode())
    assert list(read_table(tmp_path / "table.csv", ["name"])["name"]) == ["a\r\nb", "c\x0bd"]


@pytest.mark.parametrize("separator", ["|", ":", " "])
def test_another_separator_is_named(tmp_path, separator):
    (tmp_path / "table.csv").write_text(f"id{separator}name\n1{separator}a\n")
    with pytest.raises(
        CohortError, match=rf"Columns missing .* Are they separated by '{re.escape(separator)}'"
    ):
        read_table(tmp_path / "table.csv", ["id"])


@pytest.mark.parametrize("name", ["id", None])
def test_an_index_of_pandas_is_a_column(tmp_path, name):
    frame = pd.DataFrame({"id": ["a", "b"], "label": ["x", "y"]}).set_index("id")
    frame.rename_axis(name).to_parquet(tmp_path / "table.parquet")
    columns = ["id" if name else "__index_level_0__", "label"]
    assert read_table(tmp_path / "table.parquet", columns).to_numpy().tolist() == [["a", "x"], ["b", "y"]]


def test_whole_numbers_stay_whole_and_exact(tmp_path):
    ids = pd.array([2**60 + 1, None, 7], dtype="Int64")
    pd.DataFrame({"id": ids, "kind": pd.Categorical(["a", "b", "a"])}).to_parquet(tmp_path / "table.parquet")
    table = read_table(tmp_path / "table.parquet", ["id", "kind"])
    assert list(table["id"].fillna("(null)")) == [str(2**60 + 1), "(null)", "7"]
    assert list(table["kind"]) == ["a", "b", "a"]


@pytest.mark.parametrize(("dtype", "longest"), [("float64", 2**53), ("float32", 2**24)])
def test_numbers_that_floating_point_has_rounded(tmp_path, dtype, longest):
    path = tmp_path / "table.parquet"
    pd.DataFrame({"id": [1.0, longest - 1, None]}, dtype=dtype).to_parquet(path)
    assert read_table(path, ["id"])["id"].iloc[1] == f"{longest - 1}.0"
    pd.DataFrame({"id": [1.0, longest]}, dtype=dtype).to_parquet(path)
    with pytest.raises(CohortError, match=r"column id of .* too long for floating point"):
        read_table(path, ["id"])


@given(content=st.binary(max_size=60), name=st.sampled_from(["table.csv", "table.parquet"]))
@example(content=b"PAR1\x00\x00\x00\x00PAR1", name="table.parquet")
@example(content=b"\xef\xbb\xbf", name="table.csv")
@example(content=b'"' + b"a" * 200_000, name="table.csv")
def test_no_bytes_raise_anything_else(tmp_path_factory, content, name):
    path = tmp_path_factory.mktemp("table") / name
    path.write_bytes(content)
    with suppress(CohortError):
        read_table(path, column_names(path)[:1])


@pytest.mark.parametrize("header", ["id,name,name ", "name,id,name", "na\u0308me,n\u00e4me"])
def test_a_name_of_two_columns(tmp_path, header):
    (tmp_path / "table.csv").write_text(f"{header}\n", encoding="utf-8")
    with pytest.raises(
        CohortError, match=r"^Two columns of .*table\.csv are called n(a|\u00e4)me\. Rename one"
    ):
        column_names(tmp_path / "table.csv")


def test_two_parquet_columns_of_one_name(tmp_path):
    table = pyarrow.table([[1], [2]], names=["id", "id"])
    pyarrow.parquet.write_table(table, tmp_path / "table.parquet")
    with pytest.raises(CohortError, match="are called id"):
        read_table(tmp_path / "table.parquet", ["id"])


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
@example([(0.03125, 128)])
def test_no_flipped_byte_of_a_parquet_file_raises_anything_else(tmp_path_factory, flips):
    path = tmp_path_factory.mktemp("table") / "table.parquet"
    frame = pd.DataFrame({"file": [f"{number}.png" for number in range(9)], "id": [1.0, None, 2.0] * 3})
    frame.to_parquet(path)
    content = bytearray(path.read_bytes())
    for place, byte in flips:
        content[int(place * len(content))] = byte
    path.write_bytes(content)
    with suppress(CohortError):
        read_table(path, ["file", "id"])
