from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name

from s3f_pipeline.tracking.names import LONGEST_TAG, safe_names, safe_text

NAMES = st.lists(st.text(st.characters(), max_size=300), max_size=8, unique=True)


def test_names_of_classes_become_names_of_metrics():
    values = {"f1_Grade II (low)": 1, "f1_Grade III+": 2, "f1_Grade III*": 3, "f1_a+b": 4, "f1_Öl": 5}
    assert safe_names(values) == {
        "f1_Grade II _low_": 1, "f1_Grade III_": 2, "f1_Grade III__2": 3, "f1_a_b": 4, "f1_Öl": 5,
    }  # fmt: skip


def test_a_group_keeps_its_slash_and_what_is_in_it_has_none():
    assert safe_names({"f1/a/b": 1, "f1/a_b": 2, "/a": 3, "../a": 4, "a/": 5}) == {
        "f1/a_b_2": 1, "f1/a_b": 2, "_a": 3, "_../a": 4, "a_": 5,
    }  # fmt: skip


def test_a_name_that_needs_no_change_keeps_its_own():
    assert safe_names({"a+": 1, "a_": 2, "a_2": 3}) == {"a__2": 1, "a_": 2, "a_2": 3}


@given(NAMES)
def test_mlflow_takes_any_name_and_none_is_lost(names):
    safe = safe_names({name: number for number, name in enumerate(names)})
    assert list(safe.values()) == list(range(len(names)))
    for name in safe:
        _validate_metric_name(name)
        assert len(name) <= 250
        name.encode()


def test_texts_are_cut_and_hold_no_half_characters(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:swordfish@host")
    assert safe_text("a\0\ud800 swordfish", LONGEST_TAG) == "a\N{REPLACEMENT CHARACTER}? …"
    assert len(safe_text("a" * 9000, LONGEST_TAG)) == LONGEST_TAG
