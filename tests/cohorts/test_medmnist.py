import zipfile

import numpy as np
import pytest

from s3f_pipeline.cohorts import list_files, medmnist
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
        ({"train_labels": np.array([[None]] * 3)}, "train_labels .* type object"),
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


DERMA = tuple(LABELS["dermamnist"])
LESIONS = """split,index,image_id,lesion_id,dx
test,1,ISIC_7,HAM_3,nv
test,0,ISIC_6,HAM_1,akiec
val,0,ISIC_5,HAM_2,nv
train,0,ISIC_1,HAM_1,akiec
train,1,ISIC_2,HAM_2,nv
train,2,ISIC_3,HAM_2,nv
"""


@pytest.fixture
def derma(tmp_path):
    """DermaMNIST with six images of three lesions, and the list that names them."""
    content = {}
    for split, labels in {"train": [0, 5, 5], "val": [5], "test": [0, 5]}.items():
        content[f"{split}_images"] = np.zeros((len(labels), 28, 28, 3), np.uint8)
        content[f"{split}_labels"] = np.array(labels, np.uint8)[:, None]
    np.savez(tmp_path / "dermamnist.npz", **content)
    (tmp_path / "dermamnist_split.csv").write_text(LESIONS)
    return tmp_path


def listed(folder):
    return medmnist.list_files(folder, DERMA).set_index("image_id")


def test_lesions_are_read_from_the_list_beside_the_archive(derma):
    table = listed(derma)
    assert table["subject"].to_dict() == {
        "train_00000": "HAM_1", "train_00001": "HAM_2", "train_00002": "HAM_2",
        "val_00000": "HAM_2", "test_00000": "HAM_1", "test_00001": "HAM_3",
    }  # fmt: skip
    assert table.attrs["passed_over"] == {}


def test_without_the_list_no_lesion_is_known(derma):
    (derma / "dermamnist_split.csv").unlink()
    assert listed(derma)["subject"].isna().all()


def test_the_list_belongs_to_dermamnist_alone(tmp_path):
    np.savez(tmp_path / "breastmnist.npz", **arrays())
    (tmp_path / "dermamnist_split.csv").write_text(LESIONS)
    table = list_files("medmnist", tmp_path, CLASSES)
    assert table["subject"].isna().all()
    assert table.attrs["passed_over"] == {"other files": 1}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("val,0,ISIC_5,HAM_2,nv\n", "", r"Images missing in .*: 1 of 6 \(val_00000\)"),
        ("train,2", "train,1", r"Images listed twice in .*: 1 of 6 \(train_00001\)"),
        ("train,2", "train,3", r"not in the archive: 1 of 6 \(train_00003\)"),
        ("train,2", "train,two", r"without a split or a position: 1 of 6 \(row 6\)"),
        ("val,0", ",0", r"without a split or a position: 1 of 6 \(row 3\)"),
        ("ISIC_5", "ISIC_6", r"without an image of their own: 1 of 6 \(val_00000\)"),
        ("HAM_3", "", r"without a lesion id: 1 of 6 \(test_00001\)"),
        ("ISIC_3,HAM_2,nv", "ISIC_3,HAM_2,mel", r"another diagnosis .*: 1 of 6 \(train_00002\)"),
        ("lesion_id", "lesion", "Columns missing .*: lesion_id"),
    ],
)
def test_a_list_that_contradicts_the_archive(derma, old, new, message):
    path = derma / "dermamnist_split.csv"
    assert LESIONS.count(old) == 1
    path.write_text(LESIONS.replace(old, new))
    with pytest.raises(CohortError, match=message):
        medmnist.list_files(derma, DERMA)


def test_a_damaged_archive_that_is_packed_by_lzma(derma):
    path = derma / "dermamnist.npz"
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        start = archive.getinfo("train_labels.npy").header_offset + 30 + len("train_labels.npy")
    assert len(listed(derma)) == 6
    packed = bytearray(path.read_bytes())
    packed[start + 12 : start + 40] = bytes([0xFF] * 28)
    path.write_bytes(packed)
    with pytest.raises(CohortError, match="Get it again"):
        medmnist.list_files(derma, DERMA)


@pytest.mark.real_data
def test_real_lesions_lie_in_several_official_splits(names_of):
    folder = names_of("dermamnist_reconstructed.zip") / "dermamnist_reconstructed"
    table = list_files("medmnist", folder, DERMA)
    assert table["official_split"].value_counts().to_dict() == {
        "train": 7007, "validation": 1003, "test": 2005,
    }  # fmt: skip
    splits_of_lesion = table.groupby("subject")["official_split"].nunique()
    assert len(splits_of_lesion) == 7470
    assert (splits_of_lesion > 1).sum() == 1006
