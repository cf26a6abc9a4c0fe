import pandas as pd
import pytest

from s3f_pipeline.splits.groups import connected, join_groups, make_groups


def test_unites_published_ids_and_twins(table, pairs):
    index = table(
        ("e", "x", "patient 1", None),
        ("d", "x", "patient 1", None),
        ("c", "x", None, None),
        ("b", "x", "patient 2", None),
        ("a", "x", None, None),
    )
    groups = make_groups(index, pairs(("c", "d", "near"), ("b", "e", "exact")))
    assert groups.fillna("no twin").to_dict("list") == {
        "image_id": ["e", "d", "c", "b", "a"],
        "group": ["b", "b", "b", "b", "a"],
        "twin_set": ["b", "c", "c", "b", "no twin"],
        "sequence": ["no twin"] * 5,
        "guarantee": ["patient", "patient", "near_duplicate", "patient", "near_duplicate"],
    }


def test_twins_form_chains(table, pairs):
    index = table(*((name, "x", None, None) for name in "abcde"))
    groups = make_groups(index, pairs(("a", "b", "near"), ("b", "d", "near"), ("c", "e", "exact")))
    assert groups["group"].tolist() == ["a", "a", "c", "a", "c"]


def test_without_ids_and_twins_every_image_is_a_group(table, pairs):
    groups = make_groups(table(("b", "x", None, None), ("a", "x", None, None)), pairs())
    assert groups["group"].tolist() == ["b", "a"]
    assert groups["twin_set"].isna().all()


def test_a_patient_named_like_an_image_is_not_that_image(table, pairs):
    index = table(("a", "x", "b", None), ("b", "x", None, None), ("c", "x", "b", None))
    assert make_groups(index, pairs())["group"].tolist() == ["a", "b", "a"]


def test_the_row_labels_of_the_index_do_not_matter(table, pairs):
    index = table(("a", "x", "p", None), ("b", "x", None, None), ("c", "x", "p", None))
    index.index = [7, 7, 3]
    groups = make_groups(index, pairs(("b", "c", "near")))
    assert groups["group"].tolist() == ["a", "a", "a"]
    assert join_groups(index, groups)["twin_set"].fillna("no twin").tolist() == ["no twin", "b", "b"]


def test_subjects_connect_only_on_request(table, pairs):
    index = table(("a", "x", "p", None), ("b", "x", "p", None))
    assert len(set(connected(index, pairs()))) == 2
    assert len(set(connected(index, pairs(), index["subject"]))) == 1


def test_a_run_of_files_holds_together_those_whose_subject_is_not_known(table, pairs):
    """It does not tie patients to each other."""
    index = table(*((name, "x", {"b": "p", "c": "q"}.get(name), None) for name in "abcdef"))
    runs = pd.Series(["r1", "r1", "r1", "r1", "r2", None], dtype="string")
    groups = make_groups(index, pairs(), subject="lesion", runs=runs)
    assert groups["group"].tolist() == ["a", "b", "c", "a", "e", "f"]
    assert groups["sequence"].fillna("").tolist() == ["r1", "r1", "r1", "r1", "r2", ""]
    assert groups["guarantee"].tolist() == [
        "sequence", "lesion", "lesion", "sequence", "sequence", "near_duplicate"
    ]  # fmt: skip


def test_a_run_with_one_known_patient_holds_the_others_to_that_patient(table, pairs):
    """Also where two ids are one patient."""
    index = table(*((name, "x", {"b": "p", "c": "q"}.get(name), None) for name in "abcd"))
    runs = pd.Series(["r1"] * 4, dtype="string")
    assert make_groups(index.drop(index=2), pairs(), runs=runs.drop(2))["group"].tolist() == ["a"] * 3
    index["study"] = pd.Series([None, "s", "s", None], dtype="string")
    assert make_groups(index, pairs(), runs=runs)["group"].tolist() == ["a"] * 4


@pytest.mark.parametrize("reading", ["subject_by_link", "subject_by_header", "study"])
def test_every_known_id_holds_together_whatever_else_is_known(table, pairs, reading):
    index = table(("a", "x", "p1", None), ("b", "x", "p2", None), ("c", "x", None, None))
    index[reading] = pd.Series(["i", "i", "i"], dtype="string")
    assert make_groups(index, pairs())["group"].tolist() == ["a", "a", "a"]


def test_an_examination_holds_together_images_whose_patient_is_not_known(table, pairs):
    index = table(*((name, "x", "p" if name == "c" else None, None) for name in "abcde"))
    index["study"] = pd.Series(["s1", "s1", "s2", "s2", None], dtype="string")
    runs = pd.Series([None, None, None, "r1", "r1"], dtype="string")
    groups = make_groups(index, pairs(), runs=runs)
    assert groups["group"].tolist() == ["a", "a", "c", "c", "c"]
    assert groups["guarantee"].tolist() == ["study", "study", "patient", "study", "sequence"]


def test_patients_of_the_table_and_of_headers_hold_together_alike(table, pairs):
    index = table(
        ("a", "x", "p1", None), ("b", "x", "p2", None), ("c", "x", "p2", None), ("d", "x", "p3", None)
    )
    index["subject_by_header"] = pd.Series(["h1", "h1", "h2", "h3"], dtype="string")
    groups = make_groups(index, pairs())
    assert groups["group"].tolist() == ["a", "a", "a", "d"]
    assert set(groups["guarantee"]) == {"patient"}


def test_where_headers_name_the_patient_of_a_lesion_the_patient_is_kept(table, pairs):
    index = table(("a", "x", "l1", None), ("b", "x", "l2", None), ("c", "x", "l3", None))
    index["subject_by_header"] = pd.Series(["h1", "h1", None], dtype="string")
    groups = make_groups(index, pairs(), subject="lesion")
    assert groups["group"].tolist() == ["a", "a", "c"]
    assert groups["guarantee"].tolist() == ["patient", "patient", "lesion"]
