import zipfile

import numpy as np
import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.cohorts.medmnist import LABELS
from s3f_pipeline.errors import CohortError

CLASSES = ("normal_benign", "malignant")


def arrays(shape=(28, 28), **changed):
    """A small archive as published: three images to train, two to validate, two to test."""
    content = {}
    for split, labels in {"train": [0, 1, 1], "val": [1, 0], "test": [1, 0]}.items():
        content[f"{split}_images"] = np.zeros((len(labels), *shape), np.uint8)
        content[f"{split}_labels"] = np.array(labels, np.uint8)[:, None]
    content.update(changed)
    return {name: array for name, array in content.items() if array is not None}


@pytest.mark.parametrize(
    ("name", "size"), [("breastmnist", 28), ("breastmnist_64", 64), ("breastmnist_224", 224)]
)
@pytest.mark.parametrize("channels", [(), (3,)])
def test_images_in_the_archive(tmp_path, name, size, channels):
    name = f"{name}.npz"
    np.savez_compressed(tmp_path / name, **arrays((size, size, *channels)))
    table = list_files("medmnist", tmp_path, CLASSES).set_index("image_id")
    assert len(table) == 7
    assert list(table.loc["train_00002", ["path", "label", "official_split"]]) == [
        f"{name}/train_images/00002", "normal_benign", "train",
    ]  # fmt: skip
    assert list(table.loc["val_00001", ["path", "label", "official_split"]]) == [
        f"{name}/val_images/00001", "malignant", "validation",
    ]  # fmt: skip
    assert table["subject"].isna().all()


def test_images_are_not_read(tmp_path):
    path = tmp_path / "breastmnist_224.npz"
    np.savez(path, **arrays((224, 224)))
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("train_images.npy").header_offset
    content = bytearray(path.read_bytes())
    content[start + 100_000] ^= 0xFF  # whoever reads to the end of the member notices
    path.write_bytes(content)
    assert len(list_files("medmnist", tmp_path, CLASSES)) == 7


def test_other_files_are_counted(tmp_path, put):
    put(tmp_path, "readme.txt", "provenance.json", ".cache/x")
    np.savez(tmp_path / "breastmnist.npz", **arrays())
    assert list_files("medmnist", tmp_path, CLASSES).attrs["passed_over"] == {
        "other files": 1, "hidden files": 1,
    }  # fmt: skip


def test_names_of_labels_have_the_published_numbers():
    assert LABELS["bloodmnist"][3] == "immature_granulocyte"
    assert LABELS["dermamnist"][5] == "melanocytic_nevus"
    assert LABELS["organcmnist"][6] == LABELS["organsmnist"][6] == "liver"
    assert LABELS["pneumoniamnist"][1] == "pneumonia"
    assert [len(names) for names in LABELS.values()] == [8, 2, 7, 11, 11, 2]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"val_labels": None}, r"no array val_labels\. Expected are train_images.* it has train_images"),
        ({"test_images": None}, "no array test_images"),
        ({"train_images": np.zeros((4, 28, 28), np.uint8)}, "has 4 train_images but 3 train_labels"),
        ({"train_images": np.zeros((3, 28, 28, 28), np.uint8)}, r"shape \(3, 28, 28, 28\) and type uint8"),
        ({"train_images": np.zeros((3, 28, 28), np.float32)}, "type float32; expected is"),
        ({"train_labels": np.zeros((3, 14), np.uint8)}, r"train_labels .* shape \(3, 14\)"),
        ({"train_labels": np.array([[0], [1], [2]])}, "from 0 to 2; expected are 0 to 1"),
        ({"train_labels": np.array([[0], [1], [-1]])}, "from -1 to 1"),
        ({"train_labels": np.array([[0.0], [1.0], [1.0]])}, "train_labels .* type float64"),
        ({"train_labels": np.array([[None]] * 3)}, r"Cannot read .*breastmnist\.npz: Object arrays"),
    ],
)
def test_archives_that_are_not_as_published(tmp_path, changed, message):
    np.savez(tmp_path / "breastmnist.npz", **arrays(**changed))
    with pytest.raises(CohortError, match=message):
        list_files("medmnist", tmp_path, CLASSES)


def test_a_file_of_another_size_than_its_name_says(tmp_path):
    np.savez(tmp_path / "breastmnist_64.npz", **arrays((28, 28)))
    with pytest.raises(CohortError, match=r"are 28x28 pixels, but a file of this name has 64x64"):
        list_files("medmnist", tmp_path, CLASSES)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive"])
def test_a_file_that_is_no_archive(tmp_path, content):
    (tmp_path / "breastmnist.npz").write_bytes(content)
    with pytest.raises(CohortError, match=r"Cannot read .*breastmnist\.npz: File is not a zip file\. Get it"):
        list_files("medmnist", tmp_path, CLASSES)


def test_a_truncated_archive(tmp_path):
    path = tmp_path / "breastmnist.npz"
    np.savez(path, **arrays())
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CohortError, match="Get it again"):
        list_files("medmnist", tmp_path, CLASSES)


def test_damaged_labels(tmp_path):
    path = tmp_path / "breastmnist.npz"
    np.savez(path, **arrays())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("train_labels.npy").header_offset
    content = bytearray(path.read_bytes())
    content[content.index(bytes([0, 1, 1]), start + 150)] = 1
    path.write_bytes(content)
    with pytest.raises(CohortError, match="Bad CRC-32"):
        list_files("medmnist", tmp_path, CLASSES)


def test_no_archive_or_two(tmp_path):
    with pytest.raises(CohortError, match=r"must have one \.npz file, and has none"):
        list_files("medmnist", tmp_path, CLASSES)
    for name in ("breastmnist", "breastmnist_64"):
        np.savez(tmp_path / f"{name}.npz", **arrays())
    with pytest.raises(CohortError, match=r"has breastmnist\.npz, breastmnist_64\.npz\. Leave the one"):
        list_files("medmnist", tmp_path, CLASSES)


def test_other_classes_and_other_cohorts(tmp_path):
    np.savez(tmp_path / "breastmnist.npz", **arrays())
    with pytest.raises(
        CohortError, match="are malignant, normal_benign, and those of the cohort benign, mal"
    ):
        list_files("medmnist", tmp_path, ("benign", "malignant"))
    (tmp_path / "breastmnist.npz").rename(tmp_path / "chestmnist.npz")
    with pytest.raises(CohortError, match=r"chestmnist\.npz is none of the MedMNIST files bloodmnist"):
        list_files("medmnist", tmp_path, CLASSES)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("flag", "classes", "counts"),
    [
        ("breastmnist", CLASSES, {"train": 546, "validation": 78, "test": 156}),
        ("pneumoniamnist", ("normal", "pneumonia"), {"train": 4708, "validation": 524, "test": 624}),
    ],
)
def test_real_counts(names_of, tmp_path, flag, classes, counts):
    (tmp_path / flag).mkdir()
    (names_of("medmnist.zip") / f"{flag}.npz").rename(tmp_path / flag / f"{flag}.npz")
    table = list_files("medmnist", tmp_path / flag, classes)
    assert table["official_split"].value_counts().to_dict() == counts
