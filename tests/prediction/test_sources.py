import zipfile

import cv2
import numpy as np
import pytest

from s3f_pipeline.errors import AcquisitionError, CohortError, PredictionError
from s3f_pipeline.prediction.sources import list_images, told_of_passed_over

CLASSES = ("a", "b")


def listed(images, tmp_path, label=None, patient=None):
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir(exist_ok=True)
    return list_images(images, CLASSES, label=label, patient=patient, unpacked=unpacked)


def refused(images, tmp_path, error=PredictionError, **asked):
    with pytest.raises(error) as caught:
        listed(images, tmp_path, **asked)
    return caught.value.message


@pytest.fixture
def table(folder, tmp_path):
    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text.replace("DIR", str(folder)))
        return path

    return write


def test_a_folder_with_all_below_it(folder, tmp_path):
    found = listed(folder, tmp_path)
    assert len(found.paths) == 12
    assert found.paths[0] == "a/00.png"
    assert found.labels is None


def test_what_is_no_image_is_counted_by_ending(tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name in ("notes.txt", "more.TXT", "scan.raw", "README"):
        (folder / name).write_text("notes")
    (folder / ".hidden.png").write_bytes(b"x")
    (folder / "broken.png").write_bytes(b"x")
    cv2.imwrite(str(folder / "x.png"), np.zeros((4, 4), np.uint8))
    (folder / "x.png").rename(folder / "image_without_ending")
    (folder / "volume.nii.gz").write_bytes(b"x")
    found = listed(folder, tmp_path)
    assert set(found.paths) == {"broken.png", "image_without_ending", "volume.nii.gz"}
    assert found.passed_over == {
        "files ending in .txt": 2,
        "files ending in .raw": 1,
        "files without an ending": 1,
        "hidden files": 1,
    }
    assert told_of_passed_over(found.passed_over) == (
        "files ending in .txt (2), files ending in .raw (1), files without an ending (1), hidden files (1)"
    )


def test_a_file_that_cannot_be_opened_is_listed_whatever_its_ending(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/scan.raw").symlink_to(tmp_path / "gone")
    assert listed(tmp_path / "in", tmp_path).paths == ("scan.raw",)


def test_one_image(folder, tmp_path):
    found = listed(folder / "a/00.png", tmp_path)
    assert (found.folder, found.paths) == (folder / "a", ("00.png",))


def test_folders_are_labels_where_they_are_asked_for(folder, tmp_path):
    assert set(listed(folder, tmp_path, label="folder").labels) == {"a", "b"}


def test_the_innermost_folder_of_a_class_counts(tmp_path):
    for path in ("set/b/scans/x.png", "a/y.png"):
        (tmp_path / "in" / path).parent.mkdir(parents=True)
        (tmp_path / "in" / path).write_bytes(b"x")
    found = listed(tmp_path / "in", tmp_path, label="folder")
    assert dict(zip(found.paths, found.labels, strict=True)) == {"set/b/scans/x.png": "b", "a/y.png": "a"}


def test_folders_of_no_class(tmp_path):
    (tmp_path / "in/c").mkdir(parents=True)
    (tmp_path / "in/c/x.png").write_bytes(b"x")
    told = refused(tmp_path / "in", tmp_path, label="folder")
    assert "no class of the network: c. Its classes are a, b." in told


def test_images_in_no_folder_have_no_label(folder, tmp_path):
    told = refused(folder / "a", tmp_path, label="folder")
    assert "these lie in none: 00.png" in told
    assert "is a file" in refused(folder / "a/00.png", tmp_path, label="folder")


def test_a_zip_file(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for path in folder.rglob("*.png"):
            archive.write(path, path.relative_to(folder))
    found = listed(tmp_path / "images.zip", tmp_path, label="folder")
    assert len(found.paths) == 12
    assert found.labels.count("a") == 6
    assert found.folder == tmp_path / "unpacked"


def test_a_damaged_zip_file(tmp_path):
    (tmp_path / "images.zip").write_bytes(b"PK\x03\x04 and no more")
    assert "damaged" in refused(tmp_path / "images.zip", tmp_path, AcquisitionError)


def test_a_zip_file_that_leads_outside(tmp_path):
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("../outside.png", b"x")
    assert "not safe to unpack" in refused(tmp_path / "images.zip", tmp_path, AcquisitionError)
    assert not (tmp_path / "outside.png").exists()


def test_a_table_with_labels_and_patients(table, tmp_path):
    path = table("path,diagnosis,who\nDIR/a/00.png,a,1\nDIR/b/01.png,b,\n")
    found = listed(path, tmp_path, label="diagnosis", patient="who")
    assert found.labels == ("a", "b")
    assert found.groups == ("1", None)
    assert listed(path, tmp_path).labels is None


@pytest.mark.parametrize(
    ("text", "asked", "error", "told"),
    [
        ("image\nx.png\n", {}, CohortError, "Columns missing in"),
        ("path\nx.png\n", {"label": "diagnosis"}, CohortError, "diagnosis. It has path"),
        (
            "path,d\nx.png,c\n",
            {"label": "d"},
            PredictionError,
            "d that are no class of the network: c",
        ),
        ("path,d\nx.png,\n", {"label": "d"}, CohortError, "without a d: 1 of 1 (x.png)"),
        ("path,d\n,a\n", {}, CohortError, "without a path: 1 of 1 (row 1)"),
        ("path\n", {}, PredictionError, "has a header, but no rows"),
        ("", {}, CohortError, "it is empty"),
    ],
)
def test_tables_that_cannot_be_used(table, tmp_path, text, asked, error, told):
    assert told in refused(table(text), tmp_path, error, **asked)


def test_columns_need_a_table(folder, tmp_path):
    assert "label=diagnosis is a column of a table" in refused(folder, tmp_path, label="diagnosis")
    assert "patient=who is a column of a table" in refused(folder, tmp_path, label="folder", patient="who")


def test_nothing_there(tmp_path):
    assert "there is no such file or folder" in refused(tmp_path / "nowhere", tmp_path)
    (tmp_path / "empty").mkdir()
    assert "holds no image. It is empty" in refused(tmp_path / "empty", tmp_path)
    (tmp_path / "empty/a.txt").write_text("x")
    assert "holds no image. It has files ending in .txt (1)." in refused(tmp_path / "empty", tmp_path)
