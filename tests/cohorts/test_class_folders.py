import pytest

from s3f_pipeline.cohorts.class_folders import list_class_folders
from s3f_pipeline.errors import CohortError

CLASSES = ("ill", "well")
SPLITS = {"task/train": "train", "task/test": "test"}


@pytest.fixture
def folder(tmp_path, put):
    return put(tmp_path, *(f"{inside}/{label}/{inside[5:]}.jpg" for inside in SPLITS for label in CLASSES))


def test_files_and_where_they_are_from(folder):
    table = list_class_folders(folder, CLASSES, SPLITS)
    assert list(table.iloc[0, :3]) == ["test", "task/test/ill/test.jpg", "ill"]
    assert list(table["official_split"]) == ["test", "test", "train", "train"]
    assert table.attrs["passed_over"] == {}


def test_what_is_no_image_is_counted(folder, put):
    put(folder, "README.md", "task/train/list.csv", "task/train/ill/Thumbs.db", "task/train/ill/.DS_Store")
    table = list_class_folders(folder, CLASSES, SPLITS)
    assert len(table) == 4
    assert table.attrs["passed_over"] == {
        "outside the class folders": 2, "files ending in .db": 1, "hidden files": 1,
    }  # fmt: skip


def test_a_missing_class_folder(folder):
    (folder / "task/test/well/test.jpg").unlink()
    (folder / "task/test/well").rmdir()
    with pytest.raises(CohortError, match=r"missing in .*test: well\. Expected are the folders ill, well"):
        list_class_folders(folder, CLASSES, SPLITS)


def test_an_unknown_class_folder(folder):
    (folder / "task/train/metastasis").mkdir()
    with pytest.raises(CohortError, match=r"Unknown class folder\(s\) in .*train: metastasis"):
        list_class_folders(folder, CLASSES, SPLITS)


def test_a_missing_split_folder(folder):
    with pytest.raises(CohortError, match="has no folder 'task/val'"):
        list_class_folders(folder, CLASSES, {**SPLITS, "task/val": "validation"})


def test_a_file_that_cannot_be_opened(folder):
    (folder / "task/train/ill/scan").symlink_to(folder / "gone")
    with pytest.raises(CohortError, match=r"Cannot read .*ill/scan: No such file"):
        list_class_folders(folder, CLASSES, SPLITS)
