import pandas as pd
import pytest

from s3f_pipeline.cohorts.identities import (
    contradiction_warning,
    incomparable_ids,
    join_identities,
    other_ids,
)
from s3f_pipeline.identity import BY_HEADER, BY_LINK, STUDY

NOTHING = {BY_LINK: None, BY_HEADER: None, STUDY: None}


def join(*rows, subject="patient"):
    """From rows of (subject, id of the link table, patient by header, examination); a reading that all rows
    lack is left out."""
    table = pd.DataFrame(rows, columns=["subject", *NOTHING]).astype("string")
    index = table[["subject"]].assign(path=[chr(97 + number) for number in range(len(rows))])
    readings = {name: table[name] for name in NOTHING if table[name].notna().any()}
    joined, contradictions = join_identities(index, readings, subject=subject)
    return joined, contradictions


def values(column):
    return [None if pd.isna(value) else value for value in column]


def readings(index):
    return [name for name in index if name in NOTHING]


def test_headers_say_who_is_who_where_nothing_else_does():
    index, contradictions = join((None, None, "h1", "s1"), (None, None, "h1", "s2"), (None, None, None, None))
    assert values(index["subject"]) == ["h1", "h1", None]
    assert readings(index) == []
    assert contradictions == []


def test_what_follows_from_the_table_adds_nothing():
    index, contradictions = join(("p1", None, "h1", "s1"), ("p1", "l1", "h1", "s1"), ("p2", "l2", None, "s2"))
    assert values(index["subject"]) == ["p1", "p1", "p2"]
    assert readings(index) == []
    assert contradictions == []


def test_a_link_table_is_not_set_aside_by_headers():
    """A new PatientID at each visit; the link table knows the patient of all images."""
    index, [told] = join((None, "l1", "v1", None), (None, "l1", "v2", None), (None, "l1", None, None))
    assert values(index["subject"]) == ["l1", "l1", "l1"]
    assert (told["whole"], told["parts"]) == ("ids in the link table", "patients in the DICOM headers")
    assert (told["ids"], told["images"], told["examples"]) == (1, 2, ["a", "b"])


def test_a_link_table_is_not_set_aside_by_the_data_set():
    index, [told] = join(("p1", "l1", None, None), ("p2", "l1", None, None))
    assert values(index[BY_LINK]) == ["l1", "l1"]
    assert contradiction_warning(told) == (
        "1 ids in the link table have several ids in the table or the file names (2 images, which stay "
        "together, such as a, b)"
    )


@pytest.mark.parametrize("who", [(0, "p"), (1, "l"), (2, "h")])
def test_an_examination_is_not_set_aside_by_known_patients(who):
    place, letter = who
    rows = [[None, None, None, "s1"] for _ in range(3)]
    rows[0][place], rows[1][place] = f"{letter}1", f"{letter}2"
    index, [told] = join(*rows)
    assert values(index[STUDY]) == ["s1", "s1", "s1"]
    assert (told["whole"], told["ids"], told["images"]) == ("examinations in the DICOM headers", 1, 2)


def test_contradictions_are_named_by_path_and_become_another_reading():
    index, found = join(
        ("p1", None, "h1", None),
        ("p2", None, "h1", None),
        ("p3", None, "h3", None),
        ("p3", None, "h4", None),
        ("p4", None, "h5", None),
        ("p4", None, None, None),
    )
    assert values(index["subject"]) == ["p1", "p2", "p3", "p3", "p4", "p4"]
    assert values(index[BY_HEADER]) == ["h1", "h1", "h3", "h4", "h5", None]
    several, one = map(contradiction_warning, found)
    assert several == (
        "1 ids in the table or the file names have several patients in the DICOM headers (2 images, which "
        "stay together, such as c, d)"
    )
    assert one.startswith("1 patients in the DICOM headers have several ids in the table or the file names")
    assert not any(f"h{number}" in several + one for number in range(1, 6))


def test_at_most_five_examples():
    _, [told] = join(*((f"p{number}", None, "h1", None) for number in range(9)))
    assert (told["ids"], told["images"], told["examples"]) == (1, 9, list("abcde"))


def test_a_patient_with_several_lesions_is_no_contradiction():
    """But the patient is one more thing to keep on one side."""
    index, contradictions = join(("l1", None, "h1", "s1"), ("l2", None, "h1", "s1"), subject="lesion")
    assert values(index["subject"]) == ["l1", "l2"]
    assert values(index[BY_HEADER]) == ["h1", "h1"]
    assert contradictions == []
    _, [told] = join(("l1", None, "h1", None), ("l1", None, "h2", None), subject="lesion")
    assert told["whole"] == "ids in the table or the file names"
    _, found = join(("l1", "k1", None, None), ("l1", "k2", None, None), subject="lesion")
    assert [told["parts"] for told in found] == ["ids in the link table"]


def test_an_examination_holds_lesions_together_of_which_no_patient_is_known():
    index, _ = join(("l1", None, "h1", "s1"), ("l2", None, None, "s1"), subject="lesion")
    assert values(index[STUDY]) == ["s1", "s1"]


def test_where_the_table_knows_some_the_header_links_the_others_to_them():
    index, _ = join(("p1", None, "h1", None), (None, None, "h1", None))
    assert values(index["subject"]) == ["p1", "h1"]
    assert values(index[BY_HEADER]) == ["h1", "h1"]


def test_people_are_told_which_ids_are_known_without_headers():
    known, unknown = pd.Series(["p"], dtype="string"), pd.Series([None], dtype="string")
    assert other_ids(unknown, {}) is None
    assert other_ids(unknown, {BY_LINK: known}) == "ids in the link table"
    assert other_ids(known, {BY_LINK: known}) == (
        "ids in the table or the file names and the ids in the link table"
    )


def column(*ids):
    return pd.Series(ids, dtype="string")


def test_ids_of_different_readings_cannot_be_compared():
    """A link table of the files alone whose header names nobody."""
    readings = {BY_LINK: column(None, "l1", "l1", None), BY_HEADER: column("h1", None, None, None)}
    nobody = column(None, None, None, None)
    assert incomparable_ids(nobody, readings, of="patient") == (
        "Of the images with ids, 2 have none but ids in the link table, 1 have none but patients in the "
        "DICOM headers: such ids cannot be compared, and one patient may be among both and on two sides"
    )
    assert incomparable_ids(column("p1", "p1", "p2", None), readings, of="patient") is None
    assert incomparable_ids(nobody, {}, of="patient") is None
    assert incomparable_ids(nobody, {STUDY: column("s1", "s1", "s2", "s2")}, of="patient") is None
