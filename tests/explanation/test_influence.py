import numpy as np
import pytest
from scipy.special import log_softmax
from two_branches import asked, vectors_of

from s3f_pipeline.explanation import influence
from s3f_pipeline.explanation.influence import Task, other_group

LABELS = np.tile([0, 1, 2], 40)
RNG = np.random.default_rng(1)
WEIGHTS = [RNG.normal(size=(6, 3)).astype(np.float32), RNG.normal(size=(4, 3)).astype(np.float32)]


def linear(vectors, weights=WEIGHTS):
    return sum(each @ of_branch for each, of_branch in zip(vectors, weights, strict=True))


def telling(branch):
    """A head that sees one branch alone, and tells classes by it."""
    vectors = vectors_of(LABELS)[branch]
    means = np.stack([vectors[number == LABELS].mean(axis=0) for number in range(3)])
    return lambda given: 8 * (given[branch] @ means.T - (means**2).sum(axis=1) / 2)


@pytest.mark.parametrize(
    ("branch", "share"), [(0, {"spatial": 100, "spectral": 0}), (1, {"spatial": 0, "spectral": 100})]
)
def test_a_branch_that_decides_alone_has_all_influence(branch, share):
    _, found, verdict = asked(telling(branch), labels=LABELS)
    assert found["share"] == share
    name, other = ("spatial", "spectral") if branch == 0 else ("spectral", "spatial")
    for method, figure in (
        ("replaced_by_mean", "log_likelihood_drop"),
        ("permuted", "accuracy_drop"),
        ("shapley_mean", "log_likelihood"),
        ("shapley_drawn", "log_likelihood"),
    ):
        assert found["methods"][method][other]["overall"]["values"][figure] == 0, method
        assert found["methods"][method][name]["overall"]["intervals"][figure]["low"] > 0.3, method
    assert verdict["named_by_influence"] == name
    assert verdict["verdict"] == "disagree"  # the vectors are about as large


def test_shapley_values_add_up_to_what_is_gained():
    vectors = vectors_of(LABELS)
    task = Task(linear, vectors, LABELS, np.arange(len(LABELS)))
    (baseline,) = influence.mean_baseline(task, vectors)
    both = sum(influence.shapley(task, branch, [baseline])["log_likelihood"] for branch in range(2))

    def value(given):
        return log_softmax(linear(given).astype(np.float64), axis=1)[np.arange(len(LABELS)), LABELS]

    np.testing.assert_allclose(both, value(vectors) - value(baseline), atol=1e-6)


def test_contributions_of_a_concatenation_add_up_to_the_logit():
    vectors, training = vectors_of(LABELS), vectors_of(LABELS, seed=5)
    task = Task(linear, vectors, LABELS, np.arange(len(LABELS)))
    found = influence.linear_contributions(task, training, np.concatenate(WEIGHTS))
    of_mean = linear([each.mean(axis=0, keepdims=True) for each in training])
    expected = (linear(vectors) - of_mean)[np.arange(len(LABELS)), LABELS]
    np.testing.assert_allclose(found[0]["logit"] + found[1]["logit"], expected, atol=1e-4)


def test_the_negative_class_of_a_sigmoid_counts_with_the_other_sign():
    vectors, labels = vectors_of(LABELS), LABELS % 2
    kernel = np.concatenate(WEIGHTS)[:, :1]
    task = Task(lambda given: linear(given)[:, :1], vectors, labels, np.arange(len(labels)))
    found = influence.linear_contributions(task, vectors, kernel)
    centred = vectors[0] - vectors[0].mean(axis=0)
    sign = np.where(labels == 1, 1, -1)
    np.testing.assert_allclose(found[0]["logit"], sign * (centred @ WEIGHTS[0][:, 0]), atol=1e-4)


@pytest.mark.parametrize("factor", [0.01, 100])
def test_a_branch_that_is_rescaled_and_weighed_less_has_the_same_influence_and_another_size(factor):
    vectors = vectors_of(LABELS)
    rescaled = [vectors[0], (vectors[1] * factor).astype(np.float32)]
    weights = [WEIGHTS[0], WEIGHTS[1] / factor]
    before = asked(linear, labels=LABELS, vectors=vectors)
    after = asked(lambda given: linear(given, weights), labels=LABELS, vectors=rescaled)
    assert after[1]["share"] == pytest.approx(before[1]["share"], rel=1e-4)
    for method in before[1]["methods"]:
        for name in ("spatial", "spectral"):
            old, new = (of[1]["methods"][method][name]["overall"]["values"] for of in (before, after))
            assert new == pytest.approx(old, abs=1e-4)
    sizes = [of[0]["balanced"]["overall"]["values"]["spectral"] for of in (before, after)]
    assert abs(sizes[0] - sizes[1]) > 20


def test_donors_are_of_other_groups_and_any_of_them():
    groups = np.array([3, 0, 0, 1, 1, 1, 3, 2])
    rng = np.random.default_rng(0)
    drawn = np.stack([other_group(groups, rng) for _ in range(400)])
    assert (groups[drawn] != groups).all()
    for place, group in enumerate(groups):
        assert set(drawn[:, place]) == set(np.flatnonzero(groups != group))


def test_one_group_has_no_others():
    assert other_group(np.zeros(4, np.int64), np.random.default_rng(0)) is None
    _, found, verdict = asked(linear, labels=LABELS, groups=np.zeros(len(LABELS), np.int64))
    assert "permuted" not in found["methods"]
    assert (found["share"], found["difference"]) == (None, None)
    assert verdict["verdict"] == "undecided"


def test_a_class_without_images_is_left_out():
    labels = LABELS % 2
    shares, found, _ = asked(linear, labels=labels, vectors=vectors_of(labels))
    assert list(shares["l2"]["per_class"]) == ["a", "b"]
    assert list(found["methods"]["permuted"]["spatial"]["per_class"]) == ["a", "b"]


def test_a_head_that_sees_nothing_owes_nothing_to_either():
    _, found, verdict = asked(lambda given: np.zeros((len(given[0]), 3), np.float32), labels=LABELS)
    assert found["share"] is None
    assert verdict == {
        "verdict": "undecided",
        "named_by_score": verdict["named_by_score"],
        "named_by_influence": None,
    }
