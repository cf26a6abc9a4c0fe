import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.errors import CohortError

CLASSES = ("ill", "well")


def test_folders_per_class(tmp_path, put):
    put(tmp_path, "ill/a.png", "ill/a.JPG", "well/2024/visit 1/b.tiff")
    table = list_files("folders", tmp_path, CLASSES)
    assert (
        list(table["image_id"])
        == list(table["path"])
        == ["ill/a.JPG", "ill/a.png", "well/2024/visit 1/b.tiff"]
    )
    assert list(table["label"]) == ["ill", "ill", "well"]
    assert table[["subject", "official_split"]].isna().all(axis=None)


@pytest.mark.parametrize("validation", ["val", "validation"])
def test_folders_of_splits(tmp_path, put, validation):
    for split in ("train", validation, "test"):
        put(tmp_path, f"{split}/ill/1.bmp", f"{split}/well/1.bmp")
    table = list_files("folders", tmp_path, CLASSES)
    splits = dict(zip(table["path"].str.split("/").str[0], table["official_split"], strict=True))
    assert splits == {"train": "train", validation: "validation", "test": "test"}


def test_a_class_that_is_called_like_a_split(tmp_path, put):
    put(tmp_path, "test/a.png", "control/b.png")
    table = list_files("folders", tmp_path, ("control", "test"))
    assert list(table["label"]) == ["control", "test"]
    assert table["official_split"].isna().all()


def test_a_folder_beside_those_of_splits(tmp_path, put):
    put(tmp_path, "train/ill/a.png", "train/well/b.png", "valid/ill/c.png")
    with pytest.raises(
        CohortError, match=r"folders of splits \(train\) and others beside them: valid\. Name"
    ):
        list_files("folders", tmp_path, CLASSES)


def test_dicom_files_are_known_without_an_ending(tmp_path, put):
    put(tmp_path, "ill/a.png", "well/readme.txt", "well/NOTES", "well/short")
    for name in ("IM0001", "1.2.840.113619.2.5"):
        (tmp_path / "well" / name).write_bytes(bytes(128) + b"DICM" + b"rest")
    (tmp_path / "well/short").write_bytes(b"DICM")
    table = list_files("folders", tmp_path, CLASSES)
    assert list(table["path"]) == ["ill/a.png", "well/1.2.840.113619.2.5", "well/IM0001"]
    assert table.attrs["passed_over"] == {"files ending in .txt": 1, "files without an ending": 2}
