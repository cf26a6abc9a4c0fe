import pandas as pd
import pytest

from s3f_pipeline.cohorts.header_subjects import describe_headers, header_warnings, read_headers
from s3f_pipeline.identity import BY_HEADER, STUDY

COLUMNS = ["patient", "study", "series"]


def headers(*rows, issuers=None):
    """From rows of (patient id, study id, series id)."""
    pseudonyms = pd.DataFrame(rows, columns=COLUMNS).astype("string")
    pseudonyms["patient_of_any_issuer"] = pseudonyms["patient"]
    if issuers is not None:
        named = pd.Series(issuers, dtype="string")
        pseudonyms["patient"] = (pseudonyms["patient"] + named).fillna(pseudonyms["patient"])
    return read_headers(pseudonyms)


def describe(*rows, used=True, beside=None, is_dicom=True):
    found = headers(*rows)
    dicom = pd.Series([is_dicom] * len(rows))
    return describe_headers(dicom, found[BY_HEADER], found[STUDY], used=used, beside=beside)


def values(column):
    return [None if pd.isna(value) else value for value in column]


def test_patients_and_examinations_are_counted():
    found = describe(("h1", "s1", None), ("h1", "s2", None), (None, "s1", None), (None, None, None))
    assert (found["patients"], found["images"]) == (1, 2)
    assert (found["images_with_study_alone"], found["studies"], found["without"]) == (1, 1, 1)
    assert found["message"] == (
        "2 DICOM files name 1 patients in their headers; 1 others name no patient, but 1 examinations; "
        "images are grouped by them"
    )


def test_the_message_tells_what_else_groups():
    found = describe(("h1", None, None), beside="ids in the link table")
    assert found["message"].endswith("images are grouped by them and by the ids in the link table")


def test_without_dicom_files_nothing_is_said():
    assert describe((None, None, None), is_dicom=False) is None


def test_ids_that_are_not_used_are_counted():
    found = describe(("h1", "s1", None), (None, "s2", None), used=False)
    assert (found["images"], found["images_with_study_alone"], found["used"]) == (1, 1, False)
    assert "these ids are not used (header_patients" in found["message"]
    assert header_warnings(found) == []


def test_headers_that_say_nothing_are_no_message():
    found = describe((None, None, None), used=False)
    assert (found["message"], found["without"]) == (None, 1)


def test_files_of_one_series_are_of_one_examination_whether_or_not_they_name_the_study():
    found = headers(("h1", "s1", "r1"), (None, None, "r1"), ("h2", "s1", "r2"), (None, None, "r3"))
    assert found[STUDY].nunique() == 2
    assert found[STUDY][:3].nunique() == 1


def test_chains_of_studies_and_series_are_one_examination():
    found = headers((None, "s1", "r1"), (None, "s2", "r1"), (None, "s2", "r2"), (None, None, None))
    assert found[STUDY][:3].nunique() == 1
    assert values(found[STUDY])[3] is None


@pytest.mark.parametrize(("issuers", "patients"), [(["A", "B"], 2), (["A", None], 1), ([None, None], 1)])
def test_an_id_is_told_apart_by_its_issuer_if_all_files_name_one(issuers, patients):
    found = headers(("h1", None, None), ("h1", None, None), issuers=issuers)
    assert found[BY_HEADER].nunique() == patients


@pytest.mark.parametrize(("ids", "warned"), [("xxxy", True), ("xxyy", False), ("x", False)])
def test_an_id_that_most_files_have_is_doubted(ids, warned):
    """Of a patient and of an examination alike."""
    found = describe(*((name, None, None) for name in ids))
    assert any("the same patient" in warning for warning in header_warnings(found)) == warned
    found = describe(*((None, name, None) for name in ids))
    assert any("the same examination" in warning for warning in header_warnings(found)) == warned
