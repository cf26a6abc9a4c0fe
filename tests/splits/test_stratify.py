import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.stratify import choose_groups, deal_groups

LABELS = "ABCD"


def images_of(sizes_by_label):
    """One row per image; each group holds images of one class."""
    return pd.DataFrame(
        [
            {"label": label, "group": f"{label}{number}"}
            for label, sizes in sizes_by_label.items()
            for number, size in enumerate(sizes)
            for _ in range(size)
        ]
    )


def cohorts(groups, sizes):
    def draw_sizes(labels):
        return st.fixed_dictionaries(dict.fromkeys(labels, st.lists(sizes, **groups)))

    return st.integers(2, 4).flatmap(lambda count: draw_sizes(LABELS[:count])).map(images_of)


@settings(deadline=None)
@given(
    cohorts({"min_size": 3, "max_size": 9}, st.integers(1, 12)),
    st.floats(0.05, 0.6),
    st.integers(1, 2),
    st.integers(0, 99),
)
def test_every_class_is_chosen_and_left(images, share, leave, seed):
    chosen = choose_groups(images, share, leave=leave, seed=seed, purpose="test set")
    groups = images.drop_duplicates("group")
    is_chosen = groups["group"].isin(chosen)
    assert set(groups.loc[is_chosen, "label"]) == set(images["label"])
    assert (groups.loc[~is_chosen, "label"].value_counts() >= leave).all()
    assert set(groups.loc[~is_chosen, "label"]) == set(images["label"])


@settings(deadline=None)
@given(
    cohorts({"min_size": 75, "max_size": 90}, st.integers(1, 3)),
    st.floats(0.1, 0.5),
    st.integers(0, 99),
)
def test_share_is_met_to_half_a_group_when_groups_are_small(images, share, seed):
    chosen = choose_groups(images, share, leave=1, seed=seed, purpose="validation set")
    is_chosen = images["group"].isin(chosen)
    assert abs(is_chosen.sum() - share * len(images)) <= 1.5
    by_class = is_chosen.groupby(images["label"]).mean()
    assert by_class.sub(share).abs().max() <= 3 / images["label"].value_counts().min()


@settings(deadline=None)
@given(
    cohorts({"min_size": 3, "max_size": 6}, st.integers(1, 4)),
    st.integers(0, 99),
    st.randoms(use_true_random=False),
)
def test_depends_on_the_seed_and_not_on_the_order(images, seed, random):
    order = list(range(len(images)))
    random.shuffle(order)
    options = {"share": 0.3, "leave": 1, "seed": seed, "purpose": "test set"}
    assert choose_groups(images, **options) == choose_groups(images.iloc[order], **options)


def test_seeds_differ():
    images = images_of({"A": [1] * 40, "B": [1] * 40})
    choices = [choose_groups(images, 0.25, leave=1, seed=seed, purpose="test set") for seed in range(5)]
    assert len(set(map(frozenset, choices))) == 5


@settings(deadline=None)
@given(st.integers(0, 30))
def test_groups_of_several_classes_are_divided_too(seed):
    rng = np.random.default_rng(seed)
    images = pd.DataFrame(
        {"label": rng.choice(list(LABELS), 120), "group": rng.integers(0, 25, 120).astype(str)}
    )
    chosen = choose_groups(images, 0.2, leave=1, seed=0, purpose="test set")
    is_chosen = images["group"].isin(chosen)
    assert set(images.loc[is_chosen, "label"]) == set(images.loc[~is_chosen, "label"]) == set(LABELS)
    assert abs(is_chosen.mean() - 0.2) < 0.1


def test_a_class_with_too_few_groups_is_named():
    images = images_of({"A": [1] * 10, "rare": [5]})
    with pytest.raises(SplitError) as error:
        choose_groups(images, 0.2, leave=1, seed=0, purpose="validation set")
    assert error.value.message.startswith(
        "Too few groups to cut a validation set: each class needs at least 2 groups of images that "
        "may be separated, but 'rare' has 1 (5 images). Add images of other patients"
    )


def test_groups_that_cannot_be_divided_are_reported():
    # every side needs A, B and C, but any two of the three groups share a class
    images = pd.DataFrame({"label": list("ABBCCA"), "group": list("112233")})
    with pytest.raises(SplitError, match="No test set was found in 100 attempts"):
        choose_groups(images, 0.3, leave=1, seed=0, purpose="test set")


@settings(deadline=None)
@given(
    cohorts({"min_size": 6, "max_size": 9}, st.integers(1, 12)),
    st.integers(2, 3),
    st.integers(1, 2),
    st.integers(0, 99),
)
def test_every_fold_gets_groups_of_every_class(images, folds, each, seed):
    dealt = deal_groups(images, folds, each=each, seed=seed)
    assert sorted(group for fold in dealt for group in fold) == sorted(set(images["group"]))
    for fold in dealt:
        groups = images[images["group"].isin(fold)].groupby("label")["group"].nunique()
        assert (groups.reindex(images["label"].unique(), fill_value=0) >= each).all()


@pytest.mark.parametrize("seed", range(20))
def test_a_group_that_would_decide_a_class_alone_is_not_chosen(seed):
    groups = ["large"] * 20 + [f"small {number}" for number in range(180)]
    table = pd.DataFrame({"label": "x", "group": groups})
    chosen = choose_groups(table, 0.2, leave=1, seed=seed, purpose="test set")
    assert "large" not in chosen
    assert len(chosen) == 40
