import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.errors import CohortError

CLASSES = ("benign", "malignant", "normal")
LISTING = (
    "benign/benign (4).png",
    "benign/benign (4)_mask.png",
    "benign/benign (4)_mask_1.png",
    "malignant/malignant (53).png",
    "malignant/malignant (53)_mask.png",
    "normal/normal (133).png",
    "normal/normal (133)_mask.png",
)


@pytest.fixture
def folder(tmp_path, put):
    return put(tmp_path, *LISTING)


def test_images_are_listed_and_masks_counted(folder):
    table = list_files("busi", folder, CLASSES)
    assert list(table["image_id"]) == ["benign (4)", "malignant (53)", "normal (133)"]
    assert list(table["label"]) == list(CLASSES)
    assert list(table["number"]) == [4, 53, 133]
    assert table[["subject", "official_split"]].isna().all(axis=None)
    assert table.attrs["passed_over"] == {"masks": 4}


def test_a_name_that_contradicts_its_folder(folder, put):
    put(folder, "benign/malignant (7).png")
    with pytest.raises(CohortError, match=r"benign/malignant \(7\)\.png \(by its name malignant\)"):
        list_files("busi", folder, CLASSES)


@pytest.mark.real_data
def test_real_counts(names_of):
    table = list_files("busi", names_of("busi.zip") / "Dataset_BUSI_with_GT", CLASSES)
    assert table["label"].value_counts().to_dict() == {"benign": 437, "malignant": 210, "normal": 133}
    assert table.attrs["passed_over"] == {"masks": 798}
    assert table["number"].notna().all()
