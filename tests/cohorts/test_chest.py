import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.cohorts import check_subjects, chest, list_files
from s3f_pipeline.errors import CohortError

CLASSES = ("NORMAL", "PNEUMONIA")
LISTING = {
    "train/NORMAL/IM-0115-0001.jpeg": ("IM-0115", "IM-0115", None),
    "train/NORMAL/IM-0666-0001-0002.jpeg": ("IM-0666", "IM-0666", None),
    "train/NORMAL/NORMAL2-IM-0383-0001.jpeg": ("NORMAL2-IM-0383", "IM-0383", None),
    "train/PNEUMONIA/person1_bacteria_1.jpeg": ("person1_bacteria", "person1", "bacteria"),
    "train/PNEUMONIA/person1_virus_6.jpeg": ("person1_virus", "person1", "virus"),
    "train/PNEUMONIA/person517_virus_1035_1.jpeg": ("person517_virus", "person517", "virus"),
    "val/NORMAL/NORMAL2-IM-1427-0001.jpeg": ("NORMAL2-IM-1427", "IM-1427", None),
    "val/PNEUMONIA/person1946_bacteria_4874.jpeg": ("person1946_bacteria", "person1946", "bacteria"),
    "test/NORMAL/NORMAL2-IM-0383-0001-0003.jpeg": ("NORMAL2-IM-0383", "IM-0383", None),
    "test/PNEUMONIA/person1_virus_7.jpeg": ("person1_virus", "person1", "virus"),
}


@pytest.fixture
def folder(tmp_path, put):
    return put(tmp_path, *LISTING)


def test_both_readings_of_the_patient(folder):
    table = list_files("chest", folder, CLASSES)
    kinds = [None if pd.isna(kind) else kind for kind in table["kind"]]
    read = zip(table["subject"], table["subject_by_number"], kinds, strict=True)
    assert dict(zip(table["path"], read, strict=True)) == LISTING


def test_official_splits(folder):
    splits = list_files("chest", folder, CLASSES)["official_split"].value_counts()
    assert splits.to_dict() == {"train": 6, "validation": 2, "test": 2}


def test_copies_inside_the_folder_are_passed_over(folder, put):
    put(folder, *(f"chest_xray/{path}" for path in LISTING), "__MACOSX/train/NORMAL/._IM-0115-0001.jpeg",
        "train/.DS_Store", "train/NORMAL/.DS_Store")  # fmt: skip
    table = list_files("chest", folder, CLASSES)
    assert len(table) == len(LISTING)
    assert table.attrs["passed_over"] == {"outside the class folders": len(LISTING), "hidden files": 3}


@pytest.mark.parametrize("name", ["BACTERIA-1008087-0001.jpeg", "person1_fungus_1.jpeg", "IM-0115.jpeg"])
def test_a_name_without_a_patient(folder, put, name):
    put(folder, f"train/NORMAL/{name}")
    table = list_files("chest", folder, CLASSES)
    assert table.loc[table["path"] == f"train/NORMAL/{name}", "subject"].isna().all()
    with pytest.raises(CohortError, match=rf"1 of 11 images have no known patient: train/NORMAL/{name}"):
        check_subjects(table, "patient")


@given(
    st.integers(1, 9999), st.sampled_from(["bacteria", "virus"]), st.integers(1, 9999),
    st.none() | st.integers(1, 9),
)  # fmt: skip
def test_the_reading_by_number_is_the_coarser_one(tmp_path_factory, put, patient, kind, number, more):
    folder = tmp_path_factory.mktemp("chest")
    name = f"person{patient}_{kind}_{number}" + (f"_{more}" if more else "")
    put(folder, *LISTING, f"test/PNEUMONIA/{name}.jpg")
    table = chest.list_files(folder, CLASSES)
    row = table[table["path"] == f"test/PNEUMONIA/{name}.jpg"].iloc[0]
    assert (row["subject"], row["subject_by_number"]) == (f"person{patient}_{kind}", f"person{patient}")
    assert (table.groupby("subject")["subject_by_number"].nunique() == 1).all()


@pytest.mark.real_data
def test_real_counts_and_names(names_of):
    table = list_files("chest", names_of("chest_xray.zip") / "chest_xray", CLASSES)
    counts = table.groupby(["official_split", "label"]).size()
    assert list(counts["train"]) == [1341, 3875]
    assert list(counts["validation"]) == [8, 8]
    assert list(counts["test"]) == [234, 390]
    check_subjects(table, "patient")
    assert table["subject_by_number"].notna().all()


def test_a_patient_whom_file_names_spell_in_two_ways(folder, put):
    put(folder, "train/PNEUMONIA/person001_virus_8.jpeg")
    with pytest.raises(CohortError, match=r"file names of .*person001_virus and person1_virus"):
        list_files("chest", folder, CLASSES)
