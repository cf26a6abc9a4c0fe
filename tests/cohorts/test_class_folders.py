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
    put(folder, "README.md", "task/train/list.csv", "task/train/ill/list.xml", "task/train/ill/.DS_Store")
    table = list_class_folders(folder, CLASSES, SPLITS)
    assert len(table) == 4
    assert table.attrs["passed_over"] == {
        "outside the class folders": 2, "files ending in .xml in task/train/ill": 1, "hidden files": 1,
    }  # fmt: skip
    assert table.attrs["notices"] == ["Passed over as no images: 1 files ending in .xml in task/train/ill"]


JPEG, WEBP, NUMPY = b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBPVP8 ", b"\x93NUMPY\1\0"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jfif", b""), ("b.webp", b""), ("c.pgm", b""), ("d", JPEG), ("e.scan", WEBP), ("f.npy", NUMPY)],
)
def test_what_begins_like_an_image_is_never_passed_over(folder, name, content):
    (folder / "task/train/ill" / name).write_bytes(content)
    table = list_class_folders(folder, CLASSES, SPLITS)
    assert f"task/train/ill/{name}" in set(table["path"])
    assert table.attrs["notices"] == []


@pytest.mark.parametrize(
    "path",
    [
        "@eaDir/1.png/SYNOPHOTO_THUMB_SM.jpg",
        ".thumbnails/1.png",
        ".AppleDouble/1.jpg",
        "#recycle/1.png",
        "._1.png",
    ],
)
def test_thumbnails_and_hidden_images_are_passed_over_and_told(folder, put, path):
    put(folder, f"task/test/well/{path}", f"task/test/well/{path}.txt", "task/test/well/Thumbs.db")
    table = list_class_folders(folder, CLASSES, SPLITS)
    assert len(table) == 4
    assert table.attrs["passed_over"] == {"hidden files": 3}
    (notice,) = table.attrs["notices"]
    assert notice.startswith("Passed over: 1 images that are hidden, or thumbnails")
    assert path in notice


def test_a_link_to_the_data_set_itself_is_passed_over_and_told(folder):
    (folder / "task/train/ill/all").symlink_to("..")
    (folder / "task/test/well/all").symlink_to("../..")
    table = list_class_folders(folder, CLASSES, SPLITS)
    assert len(table) == 4
    (notice,) = table.attrs["notices"]
    assert "task/test/well/all, task/train/ill/all" in notice


def test_a_class_folder_that_leads_to_another_one_is_refused(folder):
    (folder / "task/test/well/test.jpg").unlink()
    (folder / "task/test/well").rmdir()
    (folder / "task/test/well").symlink_to("../train/well")
    with pytest.raises(CohortError, match=r"test/well is a link to a folder that is read already"):
        list_class_folders(folder, CLASSES, SPLITS)


def test_class_folders_may_be_links_to_elsewhere(folder, tmp_path_factory, put):
    elsewhere = put(tmp_path_factory.mktemp("disk"), "scans/1.jpg")
    (folder / "task/test/well/test.jpg").unlink()
    (folder / "task/test/well").rmdir()
    (folder / "task/test/well").symlink_to(elsewhere)
    assert "task/test/well/scans/1.jpg" in set(list_class_folders(folder, CLASSES, SPLITS)["path"])


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
