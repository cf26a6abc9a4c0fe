import shutil

import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.errors import CohortError

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


@pytest.fixture
def folder(tmp_path, phantom_folder):
    return shutil.copytree(phantom_folder, tmp_path / "brisc2025")


def test_names_are_parsed(folder):
    table = list_files("brisc", folder, CLASSES)
    assert len(table) == 4 * (6 + 3)
    assert table["path"].is_monotonic_increasing
    row = table[table["image_id"] == "brisc2025_train_00001_gl_co_t1"].iloc[0]
    assert row["path"] == "classification_task/train/glioma/brisc2025_train_00001_gl_co_t1.jpg"
    assert list(row[["label", "official_split", "number", "plane", "sequence"]]) == [
        "glioma", "train", 1, "coronal", "t1",
    ]  # fmt: skip
    assert table["group"].isna().all()


def test_other_names_are_kept_without_their_columns(folder):
    target = folder / "classification_task/test/glioma"
    next(target.iterdir()).rename(target / "scan.jpg")
    row = list_files("brisc", folder, CLASSES).set_index("image_id").loc["scan"]
    assert row[["number", "plane", "sequence"]].isna().all()
    assert row["label"] == "glioma"


def test_a_missing_class_folder(folder):
    shutil.rmtree(folder / "classification_task/test/pituitary")
    with pytest.raises(CohortError, match=r"missing in .*test: pituitary\. Expected are the folders glioma"):
        list_files("brisc", folder, CLASSES)


def test_an_unknown_class_folder(folder):
    (folder / "classification_task/train/metastasis").mkdir()
    with pytest.raises(CohortError, match=r"Unknown class folder\(s\) in .*train: metastasis"):
        list_files("brisc", folder, CLASSES)


def test_a_missing_split_folder(folder):
    shutil.rmtree(folder / "classification_task/test")
    with pytest.raises(CohortError, match="has no folder 'classification_task/test'"):
        list_files("brisc", folder, CLASSES)


def test_an_empty_cohort(folder):
    for path in folder.rglob("*.jpg"):
        path.unlink()
    with pytest.raises(CohortError, match="no file in them"):
        list_files("brisc", folder, CLASSES)


def test_two_files_of_one_name(folder):
    image = next((folder / "classification_task/train/glioma").iterdir())
    shutil.copy(image, folder / "classification_task/train/pituitary" / image.name)
    with pytest.raises(CohortError, match=f"same name.*{image.name}.*Rename one"):
        list_files("brisc", folder, CLASSES)


def test_hidden_files_are_passed_over(folder):
    (folder / "classification_task/train/glioma/.DS_Store").write_bytes(b"x")
    assert len(list_files("brisc", folder, CLASSES)) == 36
