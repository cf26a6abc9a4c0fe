import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.evaluation.resampling import (
    group_numbers,
    group_strata,
    group_weights,
    weights_with_itself,
)

GROUPS = np.array([0, 0, 1, 2, 2, 2, 3, 4, 5, 5])
LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0, 1])


def test_groups_with_the_same_classes_are_a_stratum():
    strata = group_strata(LABELS, GROUPS)
    assert len(set(strata)) == 3
    assert strata[0] == strata[1]
    assert strata[2] == strata[3] == strata[4]
    assert strata[5] not in (strata[0], strata[2])


def test_as_many_groups_are_drawn_as_there_are_of_each_stratum():
    weights = group_weights(LABELS, GROUPS, replicates=500, seed=3)
    assert weights.shape == (500, 6)
    for stratum, size in (([0, 1], 2), ([2, 3, 4], 3), ([5], 1)):
        assert (weights[:, stratum].sum(axis=1) == size).all()


def test_groups_are_drawn_as_often_as_chance_has_it():
    labels = groups = np.arange(40)
    weights = group_weights(np.zeros_like(labels), groups, replicates=20_000)
    assert weights.mean(axis=0) == pytest.approx(np.ones(40), abs=0.05)
    assert weights.var() == pytest.approx(1 - 1 / 40, abs=0.01)  # of a multinomial count
    assert np.corrcoef(weights[:, 0], weights[:, 1])[0, 1] == pytest.approx(-1 / 39, abs=0.03)


def test_the_seed_decides():
    first = group_weights(LABELS, GROUPS, replicates=50, seed=1)
    assert (first == group_weights(LABELS, GROUPS, replicates=50, seed=1)).all()
    assert (first != group_weights(LABELS, GROUPS, replicates=50, seed=2)).any()


def test_the_images_as_they_are_come_first():
    weights = weights_with_itself(LABELS, GROUPS, replicates=20, seed=1)
    assert (weights[0] == 1).all()
    assert (weights[1:] == group_weights(LABELS, GROUPS, replicates=20, seed=1)).all()


def test_many_groups_are_drawn_in_pieces(monkeypatch):
    monkeypatch.setattr("s3f_pipeline.evaluation.resampling._CHUNK", 7)
    weights = group_weights(LABELS, GROUPS, replicates=30)
    assert (weights.sum(axis=1) == 6).all()


def test_images_without_a_group_stand_alone():
    names = pd.Series(["b", None, "a", "b", None], dtype="string")
    numbers = group_numbers(names)
    assert numbers.tolist() == [1, 2, 0, 1, 3]
