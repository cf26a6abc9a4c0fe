from collections import Counter

import numpy as np
import pandas as pd
import pytest
from drawn_cohorts import (
    LABELS,
    OFFICIAL_SIDES,
    OPTIONS,
    any_cohort,
    cohorts,
    frame,
    officially,
    plain,
    twins_of,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.checks import groups_on_two_sides
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.patient_safe import patient_safe_split

any_options = st.fixed_dictionaries(
    {
        "contradictory": st.sampled_from(["exclude", "keep"]),
        "official_validation": st.sampled_from(["keep", "cut"]),
    }
)


@settings(deadline=None, max_examples=60)
@given(any_cohort, any_options)
def test_no_group_is_on_two_sides_and_every_image_is_once(cohort, options):
    index, twins = cohort
    splits = patient_safe_split(index, make_groups(index, twins), **(OPTIONS | options))
    assert groups_on_two_sides(splits) == []
    assert splits["image_id"].tolist() == index["image_id"].tolist()
    assert splits["split"].isin(["train", "validation", "test", "excluded"]).all()
    assert splits["reason"].notna().all()
    for side in ("train", "validation", "test"):
        assert set(index["label"][splits["split"] == side]) == set(LABELS)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(OFFICIAL_SIDES[2:]).flatmap(lambda official: cohorts(*official)))
def test_official_validation_images_validate_or_are_excluded(cohort):
    index, twins = cohort
    splits = patient_safe_split(index, make_groups(index, twins), **OPTIONS)
    validation = splits["split"] == "validation"
    assert (validation <= officially(index, "validation")).all()
    others = splits[officially(index, "validation") & ~validation]
    assert set(others["reason"]) <= {"twin in test", "group in test", "twins with different labels"}


@settings(deadline=None, max_examples=40)
@given(cohorts("train", "validation", "test"))
def test_the_official_test_set_stays_as_it_is(cohort):
    index, twins = cohort
    splits = patient_safe_split(index, make_groups(index, twins), **OPTIONS)
    assert (splits["split"] == "test").tolist() == (index["official_split"] == "test").tolist()


@settings(deadline=None, max_examples=40)
@given(any_cohort)
def test_only_contradictory_images_and_groups_in_test_are_excluded(cohort):
    index, twins = cohort
    groups = make_groups(index, twins)
    splits = patient_safe_split(index, groups, **(OPTIONS | {"contradictory": "keep"}))
    tested = officially(index, "test")
    reach_test = groups["group"].isin(groups["group"][tested]) & ~tested
    validated = officially(index, "validation") & ~reach_test
    reach_validation = groups["group"].isin(groups["group"][validated]) & ~validated & ~tested
    assert (splits["split"] == "excluded").tolist() == (reach_test | reach_validation).tolist()


@settings(deadline=None, max_examples=40)
@given(any_cohort, st.integers(0, 5), st.randoms(use_true_random=False))
def test_depends_on_the_seed_and_not_on_the_order(cohort, seed, random):
    index, twins = cohort
    order = list(range(len(index)))
    random.shuffle(order)
    other = index.iloc[order]
    options = OPTIONS | {"seed": seed}
    splits = patient_safe_split(index, make_groups(index, twins), **options)
    again = patient_safe_split(other, make_groups(other, twins), **options)
    pd.testing.assert_frame_equal(splits.iloc[order].reset_index(drop=True), again)


def test_reasons_are_told():
    index = frame(
        [
            *plain("train", "test"),
            ("a", "x", "p", "test"), ("b", "x", "p", "train"), ("c", "x", None, "train"),
            ("d", "x", None, "train"), ("e", "y", None, "train"), ("f", "y", None, "test"),
        ]
    )  # fmt: skip
    twins = twins_of([("a", "c", "near"), ("d", "e", "near")])
    splits = patient_safe_split(index, make_groups(index, twins), **OPTIONS).set_index("image_id")
    assert splits.loc[list("abcdef"), ["split", "reason"]].agg(": ".join, axis=1).to_dict() == {
        "a": "test: official test image",
        "b": "excluded: group in test",
        "c": "excluded: twin in test",
        "d": "excluded: twins with different labels",
        "e": "excluded: twins with different labels",
        "f": "test: official test image",
    }
    assert Counter(splits["reason"]) == {
        "rest of the training images": 14,
        "official test image": 5,
        "cut by group, stratified by class": 4,
        "twins with different labels": 2,
        "group in test": 1,
        "twin in test": 1,
    }


def test_training_images_whose_group_validates_are_told():
    index = frame(
        [
            *plain("train", "validation", "test"),
            ("a", "x", "p", "validation"), ("b", "x", "p", "train"), ("c", "x", None, "train"),
            ("d", "x", "q", "test"), ("e", "x", "q", "validation"),
        ]
    )  # fmt: skip
    groups = make_groups(index, twins_of([("a", "c", "near")]))
    splits = patient_safe_split(index, groups, **OPTIONS).set_index("image_id")
    assert splits.loc[list("abcde"), "reason"].tolist() == [
        "official validation image",
        "group in validation",
        "twin in validation",
        "official test image",
        "group in test",
    ]
    cut = patient_safe_split(index, groups, official_validation="cut", **OPTIONS).set_index("image_id")
    assert cut.loc[list("abc"), "split"].nunique() == 1
    assert "excluded" not in set(cut.loc[list("abc"), "split"])


def test_a_test_set_is_cut_from_the_training_images_alone():
    index = frame(plain("train", "validation"))
    splits = patient_safe_split(index, make_groups(index, twins_of([])), **OPTIONS)
    assert (splits["split"] == "validation").tolist() == officially(index, "validation").tolist()
    assert (splits["split"] == "test").sum() == 4


def test_contradictory_twins_may_be_kept_together():
    index = frame([*plain(), ("a", "x", None, None), ("b", "y", None, None)])
    groups = make_groups(index, twins_of([("a", "b", "near")]))
    kept = patient_safe_split(index, groups, **(OPTIONS | {"contradictory": "keep"}))
    assert kept["split"].iloc[-2] == kept["split"].iloc[-1] != "excluded"
    left_out = patient_safe_split(index, groups, **OPTIONS)
    assert left_out["split"].tolist()[-2:] == ["excluded", "excluded"]


def test_a_patient_with_two_diagnoses_is_no_contradiction():
    index = frame([*plain(), ("a", "x", "p", None), ("b", "y", "p", None)])
    splits = patient_safe_split(index, make_groups(index, twins_of([])), **OPTIONS)
    assert splits["split"].iloc[-1] == splits["split"].iloc[-2] != "excluded"


def test_contradictory_test_images_stay_and_their_training_twins_go():
    index = frame([*plain("train", "test"), ("a", "x", None, "test"), ("b", "y", None, "train")])
    splits = patient_safe_split(index, make_groups(index, twins_of([("a", "b", "exact")])), **OPTIONS)
    assert splits["split"].tolist()[-2:] == ["test", "excluded"]


@pytest.mark.parametrize("share", [0.1, 0.15, 0.25, 0.4])
def test_shares_are_those_asked_for(share):
    index = frame([(f"{label}{n}", label, None, None) for label in LABELS for n in range(80)])
    options = OPTIONS | {"validation_share": share, "test_share": share}
    splits = patient_safe_split(index, make_groups(index, twins_of([])), **options)
    sides = splits["split"].value_counts()
    assert sides["test"] == pytest.approx(240 * share, abs=1)
    assert sides["validation"] == pytest.approx((240 - sides["test"]) * share, abs=1)


def test_only_test_images_leave_nothing_to_train_on():
    index = frame([("a", "x", None, "test"), ("b", "x", None, "train"), ("c", "x", None, "train")])
    groups = make_groups(index, twins_of([("a", "b", "near"), ("a", "c", "near")]))
    with pytest.raises(SplitError, match=r"of 3, 1 are official test images and 2 are excluded"):
        patient_safe_split(index, groups, **OPTIONS)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "w", None, "test")], "Class 'w' is missing in the train set"),
        ([("a", "w", None, "train"), ("b", "w", None, "train")], "Class 'w' is missing in the test set"),
        (
            [("a", "w", "p", "train"), ("b", "w", "p", "train"), ("c", "w", None, "test")],
            r"cut a validation set: each class needs at least 2 groups .* 'w' has 1 \(2 images\)",
        ),
    ],
)
def test_impossible_cohorts_are_refused(rows, message):
    index = frame([*plain("train", "test"), *rows])
    with pytest.raises(SplitError, match=message):
        patient_safe_split(index, make_groups(index, twins_of([])), **OPTIONS)


def test_three_groups_of_a_class_are_needed_where_the_test_set_is_cut_too():
    rare = [("a", "w", None, None), ("b", "w", None, None), ("c", "w", None, None)]
    index = frame([*plain(), *rare])
    splits = patient_safe_split(index, make_groups(index, twins_of([])), **OPTIONS)
    assert sorted(splits["split"].iloc[-3:]) == ["test", "train", "validation"]
    index = index.iloc[:-1]
    with pytest.raises(SplitError, match=r"cut a test set: .* at least 3 groups .* 'w' has 2"):
        patient_safe_split(index, make_groups(index, twins_of([])), **OPTIONS)


@settings(deadline=None, max_examples=30)
@given(any_cohort, st.integers(2, 4), st.integers(0, 3))
def test_folds_keep_the_same_promises(cohort, folds, seed):
    index, twins = cohort
    groups = make_groups(index, twins)
    official_test = officially(index, "test")
    turns = "validation" if official_test.any() else "test"
    options = OPTIONS | {"seed": seed, "folds": folds}
    dealt = [patient_safe_split(index, groups, fold=fold, **options) for fold in range(folds)]
    for splits in dealt:
        assert groups_on_two_sides(splits) == []
        for side in ("train", "validation", "test"):
            assert set(index["label"][splits["split"] == side]) == set(LABELS)
    taken = pd.concat([splits["image_id"][splits["split"] == turns] for splits in dealt])
    usable = (dealt[0]["split"] != "excluded") & ~official_test.to_numpy()
    assert sorted(taken) == sorted(index["image_id"][usable])
    again = patient_safe_split(index, groups, fold=folds - 1, **options)
    pd.testing.assert_frame_equal(again, dealt[-1])


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.integers(3, 6),
    st.sampled_from([0.1, 0.15, 0.2, 0.3]),
    st.booleans(),
)
def test_the_validation_share_is_met_where_groups_are_small(seed, classes, share, patients_have_two_classes):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, 320)
    of_group = np.repeat(np.arange(len(sizes)), sizes)
    labels = rng.choice(classes, len(sizes), p=rng.dirichlet(np.full(classes, 2)))[of_group]
    if patients_have_two_classes:
        labels = np.where(rng.random(len(labels)) < 0.1, rng.integers(classes, size=len(labels)), labels)
    groups_of_class = pd.Series(of_group).groupby(labels).nunique()
    assume(groups_of_class.min() >= 3)
    index = frame(
        [(f"i{n:04d}", f"class {label}", f"g{g:03d}", None)
         for n, (label, g) in enumerate(zip(labels, of_group, strict=True))]
    )  # fmt: skip
    splits = patient_safe_split(
        index, make_groups(index, twins_of([])), **(OPTIONS | {"validation_share": share})
    )
    assert sizes.max() / len(index) <= 0.02
    pooled = splits["split"].isin(["train", "validation"]).sum()
    assert abs((splits["split"] == "validation").sum() / pooled - share) <= 0.05
    for side in ("train", "validation", "test"):
        assert set(index["label"][splits["split"] == side]) == set(index["label"])


def test_fewer_groups_than_folds_are_refused():
    index = frame([*plain(), *[(f"w{n}", "w", None, None) for n in range(4)]])
    with pytest.raises(SplitError, match=r"cross-validation of 5 folds: .* at least 5 groups .* 'w' has 4"):
        patient_safe_split(index, make_groups(index, twins_of([])), fold=0, folds=5, **OPTIONS)
