import numpy as np
import pytest

from s3f_pipeline.evaluation.conformal import class_cutoffs, least_groups, marginal_cutoffs, prediction_sets


def drawn(n=300, seed=7):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(4) * 0.6, n)
    return np.array([rng.choice(4, p=row) for row in probabilities]), probabilities


@pytest.mark.parametrize(
    ("level", "cutoff", "members", "coverage"),
    [(0.9, 0.8439483572411126, 399, 163 / 180), (0.8, 0.7522827779986552, 299, 142 / 180)],
)
def test_sets_are_those_of_mapie(level, cutoff, members, coverage):
    # mapie 1.6.0: SplitConformalClassifier(conformity_score="lac", prefit=True)
    labels, probabilities = drawn()
    found = marginal_cutoffs(labels[:120], probabilities[:120], np.arange(120), level)
    sets = prediction_sets(probabilities[120:], found)
    assert found.scores == pytest.approx([cutoff] * 4)
    assert sets.sum() == members
    assert sets[np.arange(180), labels[120:]].mean() == pytest.approx(coverage)


def test_cutoff_by_hand():
    # of 9 scores the ⌈10 · .9⌉ = 9th smallest, of 8 there is none
    labels, of_label = np.zeros(9, int), np.arange(0.1, 1.0, 0.1)
    probabilities = np.stack([of_label, 1 - of_label], axis=1)
    assert marginal_cutoffs(labels, probabilities, np.arange(9), 0.9).scores == pytest.approx([0.9, 0.9])
    few = marginal_cutoffs(labels[:8], probabilities[:8], np.arange(8), 0.9)
    assert np.isinf(few.scores).all()
    assert prediction_sets(probabilities, few).all()


@pytest.mark.parametrize(("level", "groups"), [(0.9, 9), (0.95, 19), (0.8, 4), (0.5, 1)])
def test_least_groups_that_keep_the_promise(level, groups):
    assert least_groups(level) == groups


def test_groups_weigh_the_same_however_many_images_they_have():
    # one group with 100 images of score .9, nineteen with one of score .1: 95 % of the weight lies at .1
    of_label = np.array([0.1] * 100 + [0.9] * 19)
    labels, groups = np.zeros(119, int), np.array([0] * 100 + list(range(1, 20)))
    probabilities = np.stack([of_label, 1 - of_label], axis=1)
    assert marginal_cutoffs(labels, probabilities, groups, 0.9).scores[0] == pytest.approx(0.1)
    assert marginal_cutoffs(labels, probabilities, np.arange(119), 0.9).scores[0] == pytest.approx(0.9)


def test_cutoffs_of_a_class_are_those_of_its_images_alone():
    labels, probabilities = drawn()
    found = class_cutoffs(labels, probabilities, np.arange(300), 0.9)
    for number in range(4):
        inside = labels == number
        alone = marginal_cutoffs(labels[inside], probabilities[inside], np.arange(inside.sum()), 0.9)
        assert found.scores[number] == alone.scores[0]
        assert found.groups[number] == inside.sum()


def test_a_class_of_too_few_groups_is_in_every_set():
    labels, probabilities = drawn()
    labels[labels == 3] = 2
    labels[:8] = 3
    found = class_cutoffs(labels, probabilities, np.arange(300), 0.9)
    assert np.isinf(found.scores[3])
    assert prediction_sets(probabilities, found)[:, 3].all()
    absent = class_cutoffs(np.zeros(20, int), probabilities[:20], np.arange(20), 0.9)
    assert absent.groups.tolist() == [20, 0, 0, 0]


def test_the_promise_is_kept_for_images_of_new_groups():
    """Groups of unequal size whose images share their luck: coverage of one image of each new group."""
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(200):
        sizes = rng.integers(1, 15, 60)
        groups = np.repeat(np.arange(60), sizes)
        of_label = np.clip(rng.beta(4, 2, 60)[groups] + 0.05 * rng.normal(size=len(groups)), 0, 1)
        probabilities, labels = np.stack([of_label, 1 - of_label], axis=1), np.zeros(len(groups), int)
        known = groups < 40
        cutoffs = marginal_cutoffs(labels[known], probabilities[known], groups[known], 0.9)
        inside = prediction_sets(probabilities[~known], cutoffs)[:, 0]
        covered.append(np.mean([inside[groups[~known] == group].mean() for group in range(40, 60)]))
    assert 0.89 < np.mean(covered) < 0.94


def test_order_of_images_does_not_matter():
    labels, probabilities = drawn()
    groups, order = np.arange(300) // 4, np.random.default_rng(0).permutation(300)
    straight = class_cutoffs(labels, probabilities, groups, 0.9)
    shuffled = class_cutoffs(labels[order], probabilities[order], groups[order], 0.9)
    assert shuffled.scores.tolist() == straight.scores.tolist()
