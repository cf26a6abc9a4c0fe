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


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "validation", "test"),
        ("train", "val", "test"),
        ("Training", "valid", "Testing"),
        ("TRAIN", "Valid", "TEST"),
        ("training", "DEV", "testing"),
        ("Train", "Validation", "Test"),
    ],
)
def test_folders_of_splits(tmp_path, put, train, validation, test):
    for split in (train, validation, test):
        put(tmp_path, f"{split}/ill/1.bmp", f"{split}/well/1.bmp")
    table = list_files("folders", tmp_path, CLASSES)
    splits = dict(zip(table["path"].str.split("/").str[0], table["official_split"], strict=True))
    assert splits == {train: "train", validation: "validation", test: "test"}
    assert set(table["label"]) == {"ill", "well"}


def test_training_and_testing_without_validation(tmp_path, put):
    put(tmp_path, *(f"{split}/{label}/1.png" for split in ("Training", "Testing") for label in CLASSES))
    table = list_files("folders", tmp_path, CLASSES)
    assert set(table["official_split"]) == {"train", "test"}


@pytest.mark.parametrize("split", ["", "Training/"])
def test_patients_are_read_from_paths_below_the_class(tmp_path, put, split):
    put(
        tmp_path,
        *(f"{split}{label}/p {case}/{place}.png" for label in CLASSES for case in "12" for place in "12"),
    )
    table = list_files("folders", tmp_path, CLASSES, patient_pattern="p (.*)/.*")
    assert table["subject"].tolist() == table["path"].str.extract("p (.)")[0].tolist()
    with pytest.raises(
        CohortError, match=r"does not have the pattern \(ill\.\*\): 8 of 8 \(.*ill/p 1/1\.png"
    ):
        list_files("folders", tmp_path, CLASSES, patient_pattern="(ill.*)")


@pytest.mark.parametrize(("one", "other"), [("train", "Training"), ("Val", "valid"), ("test", "TEST")])
def test_two_folders_of_one_split_are_refused(tmp_path, put, one, other):
    put(tmp_path, *(f"{split}/{label}/1.png" for split in (one, other) for label in CLASSES))
    with pytest.raises(CohortError, match=r"several folders of the \w+ split: \w+, \w+\. Put their images"):
        list_files("folders", tmp_path, CLASSES)


def test_classes_are_compared_exactly(tmp_path, put):
    put(tmp_path, "Training/Ill/1.png", "Training/well/1.png")
    with pytest.raises(CohortError, match=r"Class folder\(s\) missing in .*Training: ill\."):
        list_files("folders", tmp_path, CLASSES)


def test_a_class_that_is_called_like_a_split(tmp_path, put):
    put(tmp_path, "test/a.png", "control/b.png")
    table = list_files("folders", tmp_path, ("control", "test"))
    assert list(table["label"]) == ["control", "test"]
    assert table["official_split"].isna().all()


def test_classes_that_are_called_like_splits_below_folders_of_splits(tmp_path, put):
    put(tmp_path, *(f"{split}/{label}/1.png" for split in ("Train", "Test") for label in ("control", "test")))
    table = list_files("folders", tmp_path, ("control", "test"))
    assert list(table["label"]) == ["control", "test"] * 2
    assert list(table["official_split"]) == ["test", "test", "train", "train"]


def test_a_folder_beside_those_of_splits(tmp_path, put):
    put(tmp_path, "train/ill/a.png", "train/well/b.png", "extra/ill/c.png")
    with pytest.raises(
        CohortError, match=r"folders of splits \(train\) and others beside them: extra\. Name"
    ):
        list_files("folders", tmp_path, CLASSES)


def test_dicom_files_are_known_without_an_ending(tmp_path, put):
    put(tmp_path, "ill/a.png", "well/readme.txt", "well/NOTES", "well/short")
    for name in ("IM0001", "1.2.840.113619.2.5"):
        (tmp_path / "well" / name).write_bytes(bytes(128) + b"DICM" + b"rest")
    (tmp_path / "well/short").write_bytes(b"DICM")
    table = list_files("folders", tmp_path, CLASSES)
    assert list(table["path"]) == ["ill/a.png", "well/1.2.840.113619.2.5", "well/IM0001"]
    assert table.attrs["passed_over"] == {
        "files ending in .txt in well": 1,
        "files without an ending in well": 2,
    }


def test_a_class_is_one_composed_and_decomposed(tmp_path, put):
    put(tmp_path, "O\u0308dem/a\u0308.png", "\u00c4rger/2.png")
    table = list_files("folders", tmp_path, ("\u00d6dem", "A\u0308rger"))
    assert dict(zip(table["path"], table["label"], strict=True)) == {
        "O\u0308dem/a\u0308.png": "\u00d6dem",
        "\u00c4rger/2.png": "A\u0308rger",
    }
    assert set(table["image_id"]) == {"\u00d6dem/\u00e4.png", "\u00c4rger/2.png"}


def test_a_folder_that_only_looks_like_a_class(tmp_path, put):
    put(tmp_path, "ill\u00a0/1.png", "well/2.png")
    with pytest.raises(
        CohortError, match=r"missing in .*: ill\. .* Found are ill\u00a0 \('ill\\xa0'\), well"
    ):
        list_files("folders", tmp_path, ("ill", "well"))
