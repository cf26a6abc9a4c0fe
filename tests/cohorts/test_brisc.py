import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.errors import CohortError

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")
LISTING = (
    "classification_task/train/glioma/brisc2025_train_00001_gl_co_t1.jpg",
    "classification_task/train/meningioma/brisc2025_train_01148_me_ax_t1.jpg",
    "classification_task/train/no_tumor/brisc2025_train_02477_no_sa_t1.jpg",
    "classification_task/train/pituitary/brisc2025_train_03544_pi_ax_t1.jpg",
    "classification_task/test/glioma/brisc2025_test_00001_gl_ax_t1.jpg",
    "classification_task/test/meningioma/brisc2025_test_00255_me_ax_t1.jpg",
    "classification_task/test/no_tumor/brisc2025_test_00561_no_ax_t1.jpg",
    "classification_task/test/pituitary/brisc2025_test_00701_pi_co_t1.jpg",
)


@pytest.fixture
def folder(tmp_path, put):
    return put(tmp_path, *LISTING)


def test_names_are_parsed(folder):
    table = list_files("brisc", folder, CLASSES).set_index("image_id")
    assert len(table) == len(LISTING)
    row = table.loc["brisc2025_train_00001_gl_co_t1"]
    assert row["path"] == LISTING[0]
    assert list(row[["label", "official_split", "number", "plane", "sequence"]]) == [
        "glioma", "train", 1, "coronal", "t1",
    ]  # fmt: skip
    assert table["subject"].isna().all()


def test_other_names_are_kept_without_their_columns(folder, put):
    put(folder, "classification_task/test/glioma/scan.jpg")
    row = list_files("brisc", folder, CLASSES).set_index("image_id").loc["scan"]
    assert row[["number", "plane", "sequence"]].isna().all()
    assert row["label"] == "glioma"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("classification_task/test/glioma/brisc2025_test_00900_pi_ax_t1.jpg", "pituitary"),
        ("classification_task/test/glioma/brisc2025_train_00900_gl_ax_t1.jpg", "train"),
    ],
)
def test_a_name_that_contradicts_its_folder(folder, put, path, says):
    put(folder, path)
    with pytest.raises(CohortError, match=rf"1 file names .* contradict .*{path} \(by its name {says}\)"):
        list_files("brisc", folder, CLASSES)


def test_the_segmentation_task_is_passed_over(folder, put):
    put(folder, "segmentation_task/train/images/a.jpg", "segmentation_task/train/masks/a.png")
    table = list_files("brisc", folder, CLASSES)
    assert len(table) == len(LISTING)
    assert table.attrs["passed_over"] == {"outside the class folders": 2}


@pytest.mark.real_data
def test_real_counts(names_of):
    table = list_files("brisc", names_of("brisc2025.zip") / "brisc2025", CLASSES)
    counts = table.groupby(["official_split", "label"]).size()
    assert list(counts["train"]) == [1147, 1329, 1067, 1457]
    assert list(counts["test"]) == [254, 306, 140, 300]
    assert table[["number", "plane", "sequence"]].notna().all(axis=None)
