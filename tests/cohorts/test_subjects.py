import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.cohorts import check_subjects
from s3f_pipeline.cohorts.subjects import one_spelling
from s3f_pipeline.errors import CohortError
from s3f_pipeline.spelling import id_key

TABLE = pd.DataFrame(
    {"path": ["b.png", "a.png", "c.png"], "subject": ["p1", None, None], "official_split": None}
)


@pytest.mark.parametrize("subject", ["patient", "lesion"])
def test_a_subject_that_only_some_images_have(subject):
    with pytest.raises(
        CohortError, match=rf"^2 of 3 images have no known {subject}: a\.png, c\.png\. Fill in"
    ):
        check_subjects(TABLE, subject)


def test_all_subjects_or_none():
    check_subjects(TABLE.head(1), "patient")
    check_subjects(TABLE.assign(subject=None), "patient")


def test_an_official_test_set_may_keep_its_subjects_to_itself():
    table = TABLE.assign(official_split=["train", "test", "test"])
    check_subjects(table, "patient")
    for wrong in (["train", "test", "train"], ["test", "test", "test"], ["train", "train", "test"]):
        with pytest.raises(CohortError, match="have no known patient"):
            check_subjects(table.assign(official_split=wrong), "patient")


def respelt(text):
    """Ways in which people, spreadsheets and operating systems write one id."""
    ways = [
        text, text.upper(), text.lower(), f"{text}.0", f"00{text}", f" {text}\u00a0", text + "\u200b",
        text.replace("P", "\uff30"), text.replace("-", "\u2011"), text.replace("P", "P "),
    ]  # fmt: skip
    return st.sampled_from(ways)


@given(st.from_regex(r"P?-?[1-9][0-9]{0,2}", fullmatch=True).flatmap(lambda t: st.tuples(*[respelt(t)] * 2)))
def test_two_spellings_are_one_patient_or_refused_never_two(pair):
    ids = pd.Series(pair, dtype="string")
    try:
        found = one_spelling(ids, "here")
    except CohortError:
        assert id_key(pair[0]) == id_key(pair[1])
    else:
        assert (found.nunique() == 1) == (id_key(pair[0]) == id_key(pair[1]))


@given(st.lists(st.text(st.sampled_from("aA0 1.\u200b\uff11-\u2013\u0301é"), min_size=1), max_size=6))
def test_ids_of_one_key_are_never_two(texts):
    ids = pd.Series(texts, dtype="string")
    try:
        found = one_spelling(ids, "here")
    except CohortError:
        return
    assert found.nunique() == len({id_key(text) for text in found.dropna()})


def test_both_spellings_are_named():
    ids = pd.Series(["P1", "p1", None, "P2", "\uff30\uff12", "P3"], dtype="string")
    with pytest.raises(CohortError) as caught:
        one_spelling(ids, "the file names")
    assert "Ids in the file names that may be one" in caught.value.message
    assert "P1 and p1, P2 and Ｐ２ ('\\uff30\\uff12') (on 4 of 6 images)" in caught.value.message
