import pandas as pd
import pytest

from s3f_pipeline.cohorts.header_subjects import header_warnings, join_header_ids

COLUMNS = ["path", "subject", "patient", "study"]


def join(*rows, subject="patient", use=True, issuers=None):
    """From rows of (path, subject, patient id, study id); a path ending in .png has no header."""
    table = pd.DataFrame(rows, columns=COLUMNS).astype("string")
    index = table[["path", "subject"]].assign(
        format=["PNG" if path.endswith("png") else "DICOM" for path in table["path"]]
    )
    pseudonyms = table[["patient", "study"]].assign(patient_of_any_issuer=table["patient"])
    if issuers is not None:
        named = pd.Series(issuers, dtype="string")
        pseudonyms["patient"] = (pseudonyms["patient"] + named).fillna(pseudonyms["patient"])
    return join_header_ids(index, pseudonyms, subject=subject, use=use)


def values(column):
    return [None if pd.isna(value) else value for value in column]


def test_headers_say_who_is_who_where_nothing_else_does():
    index, found = join(("a", None, "h1", "s1"), ("b", None, "h1", "s2"), ("c.png", None, None, None))
    assert values(index["subject"]) == ["h1", "h1", None]
    assert list(index) == ["path", "subject", "format"]
    assert (found["patients"], found["images"], found["without"]) == (1, 2, 0)
    assert found["message"] == "2 DICOM files name 1 patients in their headers; images are grouped by them"


def test_without_dicom_files_nothing_is_said():
    index, found = join(("a.png", None, None, None))
    assert found is None
    assert values(index["subject"]) == [None]


def test_an_examination_stands_in_for_an_empty_patient():
    """Also beside files of the same examination that do name the patient."""
    index, found = join(
        ("a", None, None, "s1"), ("b", None, "h1", "s1"), ("c", None, "h2", "s2"), ("d", None, None, None)
    )
    assert values(index["study"]) == ["s1", "s1", None, None]
    assert values(index["subject"]) == [None, "h1", "h2", None]
    assert (found["images_with_study_alone"], found["studies"], found["without"]) == (1, 1, 1)
    assert "1 others name no patient, but 1 examinations" in found["message"]


def test_ids_that_are_not_used_are_counted():
    index, found = join(("a", None, "h1", "s1"), ("b", None, None, "s2"), use=False)
    assert values(index["subject"]) == [None, None]
    assert "study" not in index
    assert (found["images"], found["images_with_study_alone"], found["used"]) == (1, 1, False)
    assert "these ids are not used (header_patients" in found["message"]
    assert header_warnings(found) == []


def test_headers_that_say_nothing_are_no_message():
    _, found = join(("a", None, None, None), use=False)
    assert (found["message"], found["without"]) == (None, 1)


def test_headers_that_agree_with_the_table_add_nothing():
    index, found = join(("a", "p1", "h1", "s1"), ("b", "p1", "h1", "s1"), ("c", "p2", None, "s2"))
    assert values(index["subject"]) == ["p1", "p1", "p2"]
    assert list(index) == ["path", "subject", "format"]
    assert found["contradictions"] == {}
    assert "by them and by the ids of the table" in found["message"]


def test_contradictions_are_named_by_path_and_become_another_reading():
    rows = [
        ("a", "p1", "h1", None),
        ("b", "p2", "h1", None),
        ("c", "p3", "h3", None),
        ("d", "p3", "h4", None),
    ]
    index, found = join(*rows, ("e", "p4", "h5", None), ("f.png", "p4", None, None))
    assert values(index["subject"]) == ["p1", "p2", "p3", "p3", "p4", "p4"]
    assert values(index["subject_by_header"]) == ["h1", "h1", "h3", "h4", "h5", None]
    assert found["contradictions"] == {
        "several_ids_in_one": {"ids": 1, "images": 2, "examples": ["c", "d"]},
        "one_id_in_several": {"ids": 1, "images": 2, "examples": ["a", "b"]},
    }
    several, one = header_warnings(found)
    assert several == (
        "1 ids of the table or the file names have several patients in the DICOM headers (2 images, which "
        "stay together, such as c, d)"
    )
    assert "1 patients of the DICOM headers have several ids in the table" in one
    assert not any(f"h{number}" in several + one for number in range(1, 6))


def test_at_most_five_examples():
    _, found = join(*((str(n), f"p{n}", "h1", None) for n in range(9)))
    assert found["contradictions"]["one_id_in_several"] == {"ids": 1, "images": 9, "examples": list("01234")}


def test_a_patient_with_several_lesions_is_no_contradiction():
    """But the patient is one more thing to keep on one side."""
    index, found = join(("a", "l1", "h1", None), ("b", "l2", "h1", None), subject="lesion")
    assert values(index["subject"]) == ["l1", "l2"]
    assert values(index["subject_by_header"]) == ["h1", "h1"]
    assert found["contradictions"] == {}
    index, found = join(("a", "l1", "h1", None), ("b", "l1", "h2", None), subject="lesion")
    assert set(found["contradictions"]) == {"several_ids_in_one"}


def test_where_the_table_knows_some_the_header_links_the_others_to_them():
    index, _ = join(("a", "p1", "h1", None), ("b", None, "h1", None))
    assert values(index["subject"]) == ["p1", "h1"]
    assert values(index["subject_by_header"]) == ["h1", "h1"]


@pytest.mark.parametrize(("issuers", "patients"), [(["A", "B"], 2), (["A", None], 1), ([None, None], 1)])
def test_an_id_is_told_apart_by_its_issuer_if_all_files_name_one(issuers, patients):
    index, found = join(("a", None, "h1", None), ("b", None, "h1", None), issuers=issuers)
    assert index["subject"].nunique() == found["patients"] == patients


@pytest.mark.parametrize(("ids", "warned"), [("xxxy", True), ("xxyy", False), ("x", False)])
def test_an_id_that_most_files_have_is_doubted(ids, warned):
    _, found = join(*((str(number), None, name, None) for number, name in enumerate(ids)))
    assert any("if that is no person" in warning for warning in header_warnings(found)) == warned
