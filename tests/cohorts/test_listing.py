import os

import pandas as pd
import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.cohorts.listing import files_below, finish, is_hidden, some_of
from s3f_pipeline.errors import CohortError


def listing(*rows):
    return pd.DataFrame(rows, columns=["image_id", "path", "label"]).assign(subject=None, official_split=None)


def test_files_are_sorted_links_followed_and_our_own_file_left_out(tmp_path, put):
    put(tmp_path / "elsewhere", "z/1.png")
    raw = put(tmp_path / "raw", "b.png", "a/2.png", "provenance.json", "a/provenance.json")
    (raw / "link").symlink_to(tmp_path / "elsewhere/z")
    assert files_below(raw) == ["a/2.png", "a/provenance.json", "b.png", "link/1.png"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CohortError, match=r"Cannot read the folder .*nowhere: No such file"):
        files_below(tmp_path / "nowhere")


def test_a_name_that_is_not_utf8(tmp_path, put):
    put(tmp_path, "ill/a.png", "well/b.png")
    try:
        os.close(os.open(os.fsencode(tmp_path) + b"/ill/caf\xe9.png", os.O_CREAT))
    except OSError:
        pytest.skip("this file system refuses such names")
    with pytest.raises(CohortError, match=r"not valid UTF-8: ill/caf\\udce9\.png\. Rename") as caught:
        list_files("folders", tmp_path, ("ill", "well"))
    caught.value.message.encode()


def test_long_and_non_ascii_names(tmp_path, put):
    names = ["超音波 ü.png", "n" * 251 + ".png"]
    put(tmp_path, *(f"ill/{name}" for name in names), "well/b.png")
    assert {f"ill/{name}" for name in names} < set(list_files("folders", tmp_path, ("ill", "well"))["path"])


@pytest.mark.parametrize("path", [".DS_Store", "a/.b/c.png", "__MACOSX/a.png", "a/._b.png"])
def test_hidden_files(path):
    assert is_hidden(path)
    assert not is_hidden("a.b/c.png")


def test_a_listing_is_sorted_with_the_common_columns_first(tmp_path):
    table = listing(("2", "b/2", "ill"), ("1", "a/1", "well")).assign(age=[1, 2])
    table.attrs["passed_over"] = {"masks": 1}
    done = finish(
        table[["age", "label", "path", "image_id", "subject", "official_split"]], tmp_path, ["ill", "well"]
    )
    assert list(done.columns) == ["image_id", "path", "label", "subject", "official_split", "age"]
    assert list(done["path"]) == ["a/1", "b/2"]
    assert done.attrs["passed_over"] == {"masks": 1}
    assert (done.dtypes.iloc[:5] == "string").all()


def test_an_empty_cohort(tmp_path):
    with pytest.raises(CohortError, match="no image in it"):
        finish(listing(), tmp_path, ["ill"])


def test_two_images_of_one_name(tmp_path):
    table = listing(("1", "b/1.png", "ill"), ("2", "b/2.png", "ill"), ("1", "a/1.png", "ill"))
    with pytest.raises(CohortError, match=r"^2 images .*: a/1\.png, b/1\.png\. Rename one"):
        finish(table, tmp_path, ["ill"])


def test_a_class_without_images(tmp_path):
    with pytest.raises(CohortError, match=r"Classes without an image in .*: well"):
        finish(listing(("1", "1.png", "ill")), tmp_path, ["ill", "well"])


@pytest.mark.parametrize(
    ("names", "text"),
    [(["b", "a"], "a, b"), (["c", "b", "d", "a"], "a, b, c and 1 more"), (["caf\udce9"], r"caf\udce9")],
)
def test_some_of_many_names(names, text):
    assert some_of(names, shown=3) == text
