import numpy as np
import pytest
from matlab_files import write_mat

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.errors import CohortError

CLASSES = ("glioma", "meningioma", "pituitary")
IMAGE = np.arange(12, dtype=np.int16).reshape(3, 4)


def test_matlab_files_name_patient_and_class(tmp_path):
    write_mat(tmp_path / "1.mat", IMAGE, "100360", 1)
    write_mat(tmp_path / "2.mat", IMAGE, "MR050791B", 2)
    write_mat(tmp_path / "data/10.mat", IMAGE, "MR050791", 3)
    (tmp_path / "cvind.mat").write_bytes(b"folds")
    table = list_files("cheng", tmp_path, CLASSES)
    assert list(table["path"]) == ["1.mat", "2.mat", "data/10.mat"]
    assert list(table["label"]) == ["meningioma", "glioma", "pituitary"]
    assert list(table["subject"]) == ["100360", "MR050791", "MR050791"]
    assert table["official_split"].isna().all()
    assert table.attrs["passed_over"] == {"other files": 1}


def test_images_come_with_a_table(tmp_path, put):
    put(tmp_path, "glioma/MR1B_0001.jpg", "glioma/MR1_0002.jpg", "meningioma/5_3.jpg", "pituitary/6_4.jpg")
    (tmp_path / "metadata.csv").write_text(
        "image,slice,label,patient_id,patient_group\nglioma/MR1B_0001.jpg,1,glioma,MR1B,x\n"
        "glioma/MR1_0002.jpg,2,glioma,MR1,x\nmeningioma/5_3.jpg,3,meningioma,5,x\npituitary/6_4.jpg,4,pituitary,6,x\n"
    )
    assert list(list_files("cheng", tmp_path, CLASSES)["subject"]) == ["MR1", "MR1", "5", "6"]


def test_neither_is_refused(tmp_path):
    with pytest.raises(CohortError, match=r"neither metadata\.csv nor files 1\.mat"):
        list_files("cheng", tmp_path, CLASSES)


@pytest.mark.parametrize(("patient", "label"), [("", 1), ("7", 4)])
def test_files_without_sense_are_refused(tmp_path, patient, label):
    write_mat(tmp_path / "1.mat", IMAGE, patient or " ", label)
    with pytest.raises(CohortError, match=r"1\.mat has the patient"):
        list_files("cheng", tmp_path, CLASSES)


def test_damaged_files_are_refused(tmp_path):
    (tmp_path / "1.mat").write_bytes(b"MATLAB 7.3 MAT-file and no more")
    with pytest.raises(CohortError, match=r"Cannot read patient and label of .*1\.mat"):
        list_files("cheng", tmp_path, CLASSES)


def test_what_cannot_be_seen_does_not_make_another_patient(tmp_path):
    for number, patient in enumerate(["MR050791", "MR050791B\0", "MR\u200b050791"], start=1):
        write_mat(tmp_path / f"{number}.mat", IMAGE, patient, number)
    assert set(list_files("cheng", tmp_path, CLASSES)["subject"]) == {"MR050791"}
    write_mat(tmp_path / "4.mat", IMAGE, "MR50791", 1)
    with pytest.raises(CohortError, match="MR050791 and MR50791"):
        list_files("cheng", tmp_path, CLASSES)
