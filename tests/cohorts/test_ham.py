import pytest

from s3f_pipeline.cohorts import check_subjects, list_files
from s3f_pipeline.errors import CohortError

CLASSES = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
TRUTH = "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\n"
HEADER = "lesion_id,image_id,dx,dx_type,age,sex,localization\n"


def hot(image, label):
    return f"{image}," + ",".join("1.0" if name == label else "0.0" for name in CLASSES) + "\n"


LABELS = {f"ISIC_{number:07d}": label for number, label in enumerate([*CLASSES, "NV"], start=24306)}
ROWS = [hot(image, label) for image, label in LABELS.items()]
FACTS = [
    f"HAM_{number:07d},{image},{label.lower()},histo,45.0,male,back\n"
    for number, (image, label) in enumerate(LABELS.items())
]
FACTS[-1] = "HAM_0000001,ISIC_0024313,nv,follow_up,,unknown,unknown\n"
TEST_IMAGES = ("ISIC_0034524", "ISIC_0034525")


@pytest.fixture
def folder(tmp_path, put):
    put(tmp_path, *(f"images/{image}.jpg" for image in LABELS))
    (tmp_path / "GroundTruth.csv").write_text(TRUTH + "".join(ROWS))
    (tmp_path / "HAM10000_metadata.csv").write_text(HEADER + "".join(FACTS))
    return tmp_path


@pytest.fixture
def folder_with_test(folder, put):
    put(folder, *(f"Test_images/{image}.jpg" for image in TEST_IMAGES))
    (folder / "Test_GroundTruth.csv").write_text(TRUTH + "".join(hot(image, "NV") for image in TEST_IMAGES))
    return folder


def test_labels_lesions_and_demographics(folder):
    table = list_files("ham", folder, CLASSES).set_index("image_id")
    assert table["label"].to_dict() == LABELS
    assert list(table.loc["ISIC_0024306", ["path", "subject", "age", "sex", "site", "dx_type"]]) == [
        "images/ISIC_0024306.jpg", "HAM_0000000", 45.0, "male", "back", "histo",
    ]  # fmt: skip
    assert table.loc["ISIC_0024313", "subject"] == table.loc["ISIC_0024307", "subject"] == "HAM_0000001"
    assert table.loc["ISIC_0024313", ["age", "sex", "site"]].isna().all()
    assert set(table["official_split"]) == {"train"}


def test_the_lesions_of_test_images_are_unknown(folder_with_test):
    table = list_files("ham", folder_with_test, CLASSES)
    test = table[table["official_split"] == "test"]
    assert list(test["path"]) == [f"Test_images/{image}.jpg" for image in TEST_IMAGES]
    assert test["subject"].isna().all()
    check_subjects(table, "lesion")


@pytest.mark.parametrize("name", ["HAM10000_metadata", "HAM10000_metadata.tab"])
def test_metadata_as_the_dataverse_hands_it_out(folder, name):
    text = (folder / "HAM10000_metadata.csv").read_text()
    (folder / "HAM10000_metadata.csv").unlink()
    (folder / name).write_text(text.replace(",", "\t") if name.endswith(".tab") else text)
    assert list_files("ham", folder, CLASSES)["subject"].nunique() == len(LABELS) - 1


def test_without_metadata(folder):
    (folder / "HAM10000_metadata.csv").unlink()
    with pytest.raises(CohortError, match=r"no HAM10000_metadata\.csv.*Harvard Dataverse.*doi\.org/10\.7910"):
        list_files("ham", folder, CLASSES)


def test_without_ground_truth(folder):
    (folder / "GroundTruth.csv").unlink()
    with pytest.raises(CohortError, match=r"There is no table .*GroundTruth\.csv"):
        list_files("ham", folder, CLASSES)


def test_other_files_are_counted(folder, put):
    put(folder, "images/ISIC_0000001.jpg", "Test_images/ISIC_0000002.jpg", "masks/ISIC_0024306.png")
    assert list_files("ham", folder, CLASSES).attrs["passed_over"] == {
        "images without a label": 2, "outside images and Test_images": 1,
    }  # fmt: skip


def test_images_that_are_not_on_disk(folder):
    for number in range(24306, 24312):
        (folder / f"images/ISIC_{number:07d}.jpg").unlink()
    with pytest.raises(CohortError, match=r"not on disk: 6 of 8 \(images/ISIC_0024306\.jpg, .* and 1 more\)"):
        list_files("ham", folder, CLASSES)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("ISIC_9,0,0,0,0,0,0,0\n", r"without a label: 1 of 9 \(ISIC_9\)"),
        ("ISIC_9,1,1,0,0,0,0,0\n", r"more than one label: 1 of 9 \(ISIC_9\)"),
        ("ISIC_9,0.5,0.5,0,0,0,0,0\n", r"other values than 0 and 1: 1 of 9 \(ISIC_9\)"),
        ("ISIC_9,yes,0,0,0,0,0,0\n", r"other values than 0 and 1: 1 of 9 \(ISIC_9\)"),
        ("ISIC_9,1\n", r"line 10 has 2 cells, but the header has 8"),
        (",1,0,0,0,0,0,0\n", r"without an image: 1 of 9 \(row 9\)"),
        (ROWS[0], r"listed twice in .*: 1 of 9 \(ISIC_0024306\)"),
    ],
)
def test_rows_of_the_ground_truth(folder, row, message):
    (folder / "GroundTruth.csv").write_text(TRUTH + "".join(ROWS) + row)
    with pytest.raises(CohortError, match=message):
        list_files("ham", folder, CLASSES)


def test_columns_of_the_ground_truth(folder):
    with pytest.raises(CohortError, match=r"Unknown columns in .*: VASC\. Expected are image, MEL"):
        list_files("ham", folder, CLASSES[:-1])
    with pytest.raises(CohortError, match=r"Columns missing in .*: UNK\. It has image, MEL"):
        list_files("ham", folder, (*CLASSES, "UNK"))


def test_an_image_in_both_sets(folder_with_test, put):
    put(folder_with_test, "Test_images/ISIC_0024306.jpg")
    with (folder_with_test / "Test_GroundTruth.csv").open("a") as file:
        file.write(ROWS[0])
    with pytest.raises(CohortError, match=r"listed twice .*ISIC_0024306"):
        list_files("ham", folder_with_test, CLASSES)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (FACTS[1:], r"without a lesion id: 1 of 8 \(ISIC_0024306\)"),
        ([FACTS[0].replace("HAM_0000000", ""), *FACTS[1:]], r"without a lesion id: 1 of 8 \(ISIC_0024306\)"),
        ([FACTS[0].replace("mel", "nv"), *FACTS[1:]], r"another diagnosis .*: 1 of 8 \(ISIC_0024306\)"),
        ([*FACTS, FACTS[0]], r"listed twice in .*metadata\.csv: 1 of 9 \(ISIC_0024306\)"),
        ([FACTS[0].replace("45.0", "1965-05-12"), *FACTS[1:]], r"age is no number .*: 1 of 8 \(row 1\)"),
    ],
)
def test_rows_of_the_metadata(folder, facts, message):
    (folder / "HAM10000_metadata.csv").write_text(HEADER + "".join(facts))
    with pytest.raises(CohortError, match=message):
        list_files("ham", folder, CLASSES)


@pytest.mark.real_data
def test_real_counts(names_of):
    table = list_files("ham", names_of("ham10000.zip") / "HAM10000", CLASSES)
    assert len(table) == 10015
    assert table["subject"].nunique() == 7470
    check_subjects(table, "lesion")
    assert table["age"].between(0, 90).sum() == 10015 - 57
