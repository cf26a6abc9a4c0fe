import numpy as np
import pandas as pd
import pytest
from drawn_cohorts import LABELS, OPTIONS, cohorts, frame, officially, twins_of
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.checks import check_splits, groups_on_two_sides
from s3f_pipeline.splits.exclusions import class_losses
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.injection import CONCERNED, HELD_BACK, LEAKING, REPLACED, inject, leak_of
from s3f_pipeline.splits.patient_safe import patient_safe_split


@st.composite
def leaky(draw, *official):
    """A drawn cohort, and pairs of twins of one patient, on two sides if there are any."""
    index, twins = draw(cohorts(*official))
    sides = ("test", "train") if official else (None, None)
    planted = [
        (f"planted-{label}-{pair}-{number}", label, f"planted-{label}-{pair}", side)
        for label in LABELS
        for pair in range(4)
        for number, side in enumerate(sides)
    ]
    pairs = [(planted[place][0], planted[place + 1][0], "near") for place in range(0, len(planted), 2)]
    return pd.concat([index, frame(planted)], ignore_index=True), pd.concat([twins, twins_of(pairs)])


leaky_cohorts = st.sampled_from([(), ("train", "test"), ("train", "validation", "test")]).flatmap(
    lambda official: leaky(*official)
)
kinds = st.sampled_from(["twins", "subject"])


def injected(index, twins, leak, seed=0, **options):
    groups = make_groups(index, twins)
    safe = patient_safe_split(index, groups, **(OPTIONS | options))
    return safe, groups, inject(index, groups, safe, leak=leak, contradictory="exclude", seed=seed)


def some_leak(index, twins, leak, seed=0):
    """The same, of drawn cohorts; those in which nothing can leak are no example."""
    try:
        return injected(index, twins, leak, seed)
    except SplitError:
        reject()


def ids(splits, split):
    return set(splits["image_id"][splits["split"] == split])


def with_reason(splits, reason):
    return set(splits["image_id"][splits["reason"] == reason])


def classes(index, images):
    return index["label"][index["image_id"].isin(images)].value_counts().to_dict()


@settings(deadline=None, max_examples=40)
@given(leaky_cohorts, kinds, st.integers(0, 3))
def test_the_splits_differ_in_the_leak_alone(cohort, leak, seed):
    index, twins = cohort
    safe, _, (leak_free, leaking) = some_leak(index, twins, leak, seed)
    for arm in (leak_free, leaking):
        assert arm["image_id"].tolist() == index["image_id"].tolist()
        assert arm["split"].isin(["train", "validation", "test", "excluded"]).all()
        assert arm["group"].equals(safe["group"])
        assert set(index["label"][arm["split"] == "test"]) == set(index["label"])
    assert ids(leak_free, "test") == ids(leaking, "test")
    assert ids(leak_free, "validation") == ids(leaking, "validation") == ids(safe, "validation")
    assert ids(leak_free, "train") == ids(safe, "train")
    assert classes(index, ids(leak_free, "train")) == classes(index, ids(leaking, "train"))
    assert check_splits(leak_free) == []

    leaks, replaced = with_reason(leaking, LEAKING[leak]), with_reason(leaking, REPLACED)
    assert leaks
    assert ids(leaking, "train") == ids(leak_free, "train") - replaced | leaks
    assert leaks <= ids(leak_free, "excluded")
    assert classes(index, leaks) == classes(index, replaced)
    group = safe.set_index("image_id")["group"]
    tested = set(group[list(ids(leaking, "test"))])
    assert set(group[list(leaks)]) <= tested
    assert not set(group[list(replaced)]) & tested
    assert set(groups_on_two_sides(leaking)) == set(group[list(leaks)])


@settings(deadline=None, max_examples=30)
@given(leaky_cohorts, kinds)
def test_each_leak_shares_what_was_asked_for_with_a_test_image_that_is_marked(cohort, leak):
    index, twins = cohort
    _, groups, (leak_free, leaking) = some_leak(index, twins, leak)
    shared = (groups["twin_set"] if leak == "twins" else index["subject"]).set_axis(index["image_id"])
    concerned = leaking["reason"].str.endswith(CONCERNED)
    assert concerned.tolist() == leak_free["reason"].str.endswith(CONCERNED).tolist()
    marked = set(leaking["image_id"][concerned])
    assert marked <= ids(leaking, "test")
    leaks = with_reason(leaking, LEAKING[leak])
    assert shared[list(leaks)].notna().all()
    assert set(shared[list(leaks)]) == set(shared[list(marked)])
    assert not set(shared[list(leaks)]) & set(shared[list(ids(leaking, "test") - marked)].dropna())


@settings(deadline=None, max_examples=20)
@given(leaky_cohorts, kinds)
def test_the_guarantee_is_counted_as_what_it_is(cohort, leak):
    index, twins = cohort
    safe, _, (leak_free, leaking) = some_leak(index, twins, leak)
    torn = leaking["group"].isin(groups_on_two_sides(leaking)) & (leaking["split"] != "excluded")
    assert set(leaking["guarantee"][torn]) == {"none"}
    assert leaking["guarantee"][~torn].equals(safe["guarantee"][~torn])
    assert leak_free["guarantee"].equals(safe["guarantee"])


@settings(deadline=None, max_examples=20)
@given(leaky_cohorts, kinds, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(cohort, leak, random):
    index, twins = cohort
    _, _, made = some_leak(index, twins, leak)
    order = list(range(len(index)))
    random.shuffle(order)
    _, _, again = injected(index.iloc[order].reset_index(drop=True), twins, leak)
    for arm, other in zip(made, again, strict=True):
        same = other.set_index("image_id").loc[arm["image_id"]].reset_index()
        assert same.equals(arm)


@settings(deadline=None, max_examples=15)
@given(leaky("train", "test"), kinds)
def test_an_official_test_set_stays_whole(cohort, leak):
    index, twins = cohort
    _, _, (leak_free, _) = some_leak(index, twins, leak)
    assert ids(leak_free, "test") == set(index["image_id"][officially(index, "test")])


def rows(label, side, *named, subject=None):
    return [(f"{label}-{name}", label, subject, side) for name in named]


def kept_cohort():
    """The twin of the test image ``a`` has the other label, that of ``b`` the same; ``p`` is a patient."""
    index = frame(
        [
            *rows("x", "train", *"123456"),
            *rows("y", "train", *"123456"),
            *rows("x", "test", "a", "b", "c"),
            *rows("y", "test", "a", "b"),
            *rows("x", "train", "twin-of-b"),
            *rows("y", "train", "twin-of-a"),
            *rows("x", "train", "of-p-1", "of-p-2", subject="p"),
            *rows("y", "test", "of-p", subject="p"),
        ]
    )
    return index, twins_of([("x-b", "x-twin-of-b", "near"), ("x-a", "y-twin-of-a", "near")])


def test_twins_leak_and_contradictory_ones_stay_out():
    index, twins = kept_cohort()
    _, _, (leak_free, leaking) = injected(index, twins, "twins")
    assert with_reason(leaking, LEAKING["twins"]) == {"x-twin-of-b"}
    assert with_reason(leaking, "official test image, with a leak") == {"x-b"}
    assert {*with_reason(leak_free, "twin in test")} == {"x-twin-of-b", "y-twin-of-a"}
    assert {*with_reason(leaking, "twin in test")} == {"y-twin-of-a"}


def test_images_of_a_subject_leak_whatever_their_label():
    index, twins = kept_cohort()
    _, _, (_, leaking) = injected(index, twins, "subject")
    assert with_reason(leaking, LEAKING["subject"]) == {"x-of-p-1", "x-of-p-2"}
    assert with_reason(leaking, "official test image, with a leak") == {"y-of-p"}
    (replaced,) = classes(index, with_reason(leaking, REPLACED)).items()
    assert replaced == ("x", 2)


def test_half_of_a_cut_test_set_is_held_back_and_no_class_vanishes():
    sizes = {"one": 1, "two": 2, "five": 5}
    patients = [
        (f"{label}-{name}-{n}-{i}", label, f"{label}-{name}-{n}", None)
        for label in "xy"
        for name, size in sizes.items()
        for n in range(8)
        for i in range(size)
    ]
    index = frame(patients)
    safe, _, (leak_free, leaking) = injected(index, twins_of([]), "subject")
    held = with_reason(leak_free, HELD_BACK)
    assert held == with_reason(leaking, LEAKING["subject"])
    for subject, images in index[index["image_id"].isin(ids(safe, "test"))].groupby("subject"):
        assert len(set(images["image_id"]) & held) == len(images) // 2, subject
    assert groups_on_two_sides(leak_free) == []


def test_no_more_leak_than_can_be_replaced():
    many = [f"twin-{number}" for number in range(30)]
    index = frame(
        [
            *rows("x", "train", *"123456", *many),
            *rows("y", "train", *"123456"),
            *rows("x", "test", "a"),
            *rows("y", "test", "a"),
        ]
    )
    twins = twins_of([("x-a", f"x-{name}", "near") for name in many])
    safe, _, (leak_free, leaking) = injected(index, twins, "twins")
    trained = classes(index, ids(safe, "train"))["x"]
    assert len(with_reason(leaking, LEAKING["twins"])) == trained
    assert len(with_reason(leak_free, "twin in test")) == 30


def test_another_seed_replaces_others():
    index, twins = kept_cohort()
    drawn = {
        frozenset(with_reason(injected(index, twins, "subject", seed)[2].leaking, REPLACED))
        for seed in range(9)
    }
    assert len(drawn) > 1


def test_without_a_leak_it_is_said_what_to_do():
    index, twins = kept_cohort()
    index["subject"] = pd.Series(pd.NA, index.index, "string")
    with pytest.raises(
        SplitError, match="Nothing can leak: no image that could stand in training shares a known subject"
    ):
        injected(index, twins, "subject")
    with pytest.raises(SplitError, match="shares a twin with"):
        injected(index, twins_of([]), "twins")


def test_subjects_leak_where_any_are_known():
    index, _ = kept_cohort()
    assert leak_of(index, "auto") == "subject"
    assert leak_of(index, "twins") == "twins"
    assert leak_of(index.assign(subject=pd.NA), "auto") == "twins"
    assert leak_of(index.assign(subject=pd.NA, study=["s", *[pd.NA] * (len(index) - 1)]), "auto") == "subject"


def test_what_was_held_back_or_replaced_is_no_loss_of_training_images():
    index, twins = kept_cohort()
    safe, _, (leak_free, leaking) = injected(index, twins, "subject")
    assert class_losses(index, leak_free) == class_losses(index, safe)
    reasons = {reason for loss in class_losses(index, leaking) for reason in loss.reasons}
    assert reasons == {"twin in test"}
    assert np.isclose(sum(loss.share_after for loss in class_losses(index, leaking)), 1)
