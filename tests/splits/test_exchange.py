from itertools import permutations

import numpy as np

from s3f_pipeline.splits.exchange import deal_anew


def dealt(groups, lists=None, kinds=None):
    groups = np.array(groups)
    lists = [np.arange(len(groups))] if lists is None else lists
    kinds = np.zeros(len(groups), int) if kinds is None else np.array(kinds)
    return deal_anew(lists, groups, kinds, 300, np.random.default_rng(0))


def test_single_images_are_dealt_in_every_order():
    (deals,) = dealt(range(4))
    assert deals[0].tolist() == [0, 1, 2, 3]
    assert len(np.unique(deals, axis=0)) == 24


def test_blocks_stay_whole_and_their_files_in_order():
    groups = np.array([0, 0, 0, 1, 2, 2])
    (deals,) = dealt(groups)
    assert {tuple(groups[deal]) for deal in deals} == {
        (0, 0, 0, 1, 2, 2), (0, 0, 0, 2, 2, 1), (1, 0, 0, 0, 2, 2),
        (1, 2, 2, 0, 0, 0), (2, 2, 0, 0, 0, 1), (2, 2, 1, 0, 0, 0),
    }  # fmt: skip
    assert all(np.diff(deal[groups[deal] == 0]).tolist() == [1, 1] for deal in deals)


def test_scattered_groups_take_the_places_of_groups_of_their_form():
    groups = np.array([0, 1, 0, 1, 2, 3, 3, 2])
    (deals,) = dealt(groups)
    assert {tuple(groups[deal]) for deal in deals} == {
        (one, two, one, two, three, 3, 3, three) for one, two, three in permutations([0, 1, 2])
    }


def test_a_group_moves_in_all_lists_at_once():
    groups = np.array([0, 1, 2, 0, 1, 2])
    first, second = dealt(groups, [np.array([0, 1, 2]), np.array([5, 3, 4])])
    assert len(np.unique(first, axis=0)) == 6
    for one, two in zip(first, second, strict=True):
        assert [one[group] for group in (2, 0, 1)] == [(2, 0, 1)[place] for place in two]


def test_images_stay_with_files_of_their_kind():
    (deals,) = dealt(range(6), kinds=[0, 1, 0, 1, 0, 1])
    assert (deals % 2 == np.arange(6) % 2).all()
    assert len(np.unique(deals, axis=0)) == 36


def test_nothing_is_dealt_without_lists():
    assert dealt([0, 1], []) == []
