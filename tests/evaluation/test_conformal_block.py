import json

import numpy as np
import pytest

from s3f_pipeline.evaluation.conformal_block import conformal_block
from s3f_pipeline.evaluation.resampling import weights_with_itself
from s3f_pipeline.evaluation.sample import Sample

CLASSES = ["a", "b", "c"]


def drawn(n, group=1, seed=0, shares=(1 / 3, 1 / 3, 1 / 3)):
    rng = np.random.default_rng(seed)
    groups = np.arange(n) // group
    labels = rng.choice(3, p=shares, size=groups.max() + 1)[groups]
    scores = rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[labels]
    return Sample(labels, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), groups)


def block(validation, test, **changed):
    weights = weights_with_itself(test.labels, test.groups, replicates=50)
    settings = {
        "level": 0.9, "confidence": 0.95, "official_test": False, "validation_chose_epoch": False
    } | changed  # fmt: skip
    return conformal_block(validation, test, weights, CLASSES, **settings)


def test_sets_of_like_images_keep_the_promise():
    found = block(drawn(3000), drawn(3000, seed=1))
    for kept in (found["marginal"], found["by_class"]):
        assert kept["coverage"] == pytest.approx(0.9, abs=0.02)
        interval = kept["intervals"]["coverage"]
        assert interval["low"] < kept["coverage"] < interval["high"]
    for name in CLASSES:
        assert found["by_class"]["per_class"][name]["coverage"] == pytest.approx(0.9, abs=0.04)
    assert found["cautions"] == []


def test_coverage_counts_groups_and_image_coverage_images():
    # one covered group of nine images, one of one image that is not
    validation = Sample(np.zeros(40, int), np.tile([0.7, 0.2, 0.1], (40, 1)), np.arange(40))
    rows = np.array([[0.8, 0.1, 0.1]] * 9 + [[0.1, 0.8, 0.1]])
    test = Sample(np.zeros(10, int), rows, np.array([0] * 9 + [1]))
    found = block(validation, test)["marginal"]
    assert found["coverage"] == pytest.approx(0.5)
    assert found["image_coverage"] == pytest.approx(0.9)
    assert (found["single"], found["empty"], found["full"], found["mean_size"]) == (1, 0, 0, 1)
    assert found["per_class"]["a"]["coverage"] == pytest.approx(0.5)
    assert found["per_class"]["b"]["coverage"] is None


def test_few_groups_of_a_class_are_told_and_the_class_is_in_every_set():
    validation = drawn(200, shares=(0.5, 0.48, 0.02))
    assert 0 < (validation.labels == 2).sum() < 9
    found = block(validation, drawn(200, seed=1, shares=(0.5, 0.48, 0.02)))
    assert found["by_class"]["per_class"]["c"]["cutoff"] is None
    assert found["by_class"]["per_class"]["c"]["coverage"] == 1
    assert any("of c: with a cutoff for each class" in told for told in found["cautions"])


def test_too_few_groups_at_all_give_full_sets():
    found = block(drawn(8), drawn(100, seed=1))
    assert found["marginal"]["full"] == 1
    assert found["marginal"]["per_class"]["a"]["cutoff"] is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"official_test": True}, "came with the data set as its test set"),
        ({"validation_chose_epoch": True}, "also chose the epoch"),
    ],
)
def test_what_the_promise_lacks_is_told(changed, told):
    cautions = block(drawn(300), drawn(300, seed=1), **changed)["cautions"]
    assert len(cautions) == 1
    assert told in cautions[0]


def test_a_shift_of_priors_is_told():
    shifted = block(drawn(600), drawn(600, seed=1, shares=(0.6, 0.2, 0.2)))["cautions"]
    assert ["not as frequent" in told for told in shifted] == [True]
    # the same shift of images that are of few groups can be chance
    assert block(drawn(600, group=30), drawn(600, group=30, seed=1))["cautions"][:1] != shifted


@pytest.mark.parametrize("n", [1, 3])
def test_three_images_never_give_nan(n):
    json.dumps(block(drawn(n), drawn(n, seed=1)), allow_nan=False)
