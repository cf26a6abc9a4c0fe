import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s3f_pipeline.spelling import compose, id_key, tidy_id

IDS = st.text(
    st.one_of(
        st.sampled_from(
            ["\u200b", "\u00a0", "\u0308", "\ufe0f", "0", "7", ".", "\uff17", "\u2011", "\u0345"]
        ),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("found", "tidy"),
    [
        ("7.0", "7"),
        ("007.0", "007"),
        ("7.5", "7.5"),
        ("P1.0", "P1.0"),
        (" P\u00a0\t1\u3000", "P 1"),
        ("\ufeffP\u200b1\u00ad\u2060", "P1"),
        ("Mu\u0308ller", "Müller"),
        ("\u200b \u00a0", ""),
        ("\uff17", "\uff17"),
    ],
)
def test_what_cannot_be_seen_is_taken_away(found, tidy):
    assert tidy_id(found) == tidy


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", "7.0"),
        ("7", "007"),
        ("7", "7,00"),
        ("p007b", "P7B"),
        ("P-1", "P\u20131"),
        ("P-1", "P\u20111"),
        ("P-1", "P\u22121"),
        ("P 1", "P1"),
        ("Pat 1", "Pat\u2003\u20091"),
        ("\uff30\uff17", "p7"),
        ("'7'", "7"),
        ("'007", "7"),
        ('="007"', "7"),
        ("7.", "7"),
        ("\u0667", "7"),
        ("STRASSE", "straße"),
        ("Müller", "mu\u0308ller"),
        ("of\ufb01ce", "office"),
        ("A\u200d1", "A1"),
        ("1\ufe0f", "1"),
    ],
)
def test_ids_that_may_be_one(one, other):
    assert id_key(one) == id_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", "70"), ("7", "7.5"), ("0", "1"), ("10", "1"), ("P1", "P2"), ("MR7", "MR7B"), ("1e3", "1000"),
        ("P-1", "P1"), ("P_1", "P-1"), ("Müller", "Muller"), ("00", "1"), ("1-2", "12"), ("-", "'"),
    ],
)  # fmt: skip
def test_ids_that_are_two(one, other):
    assert id_key(one) != id_key(other)


@given(IDS)
@example("7.0.0")
@example("\u0345\u0301")
def test_tidying_is_done_once_and_keeps_the_key(text):
    assert tidy_id(tidy_id(text)) == tidy_id(text)
    assert id_key(tidy_id(text)) == id_key(text)


def test_a_name_is_one_composed_and_decomposed():
    assert compose("O\u0308dem") == compose("Ödem") == "Ödem"
    assert compose("\ufb01") == "\ufb01"
