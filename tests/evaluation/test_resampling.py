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


def test_groups_of_the_same_rarest_class_are_a_stratum():
    """Class 0 has three groups, class 1 four: the group of both stands with those of class 0."""
    assert group_strata(LABELS, GROUPS).tolist() == [0, 0, 1, 1, 1, 0]


def test_strata_are_no_more_than_classes():
    """Patients with images of several classes; of each combination there are few, and few would not vary."""
    rng = np.random.default_rng(0)
    groups, labels = np.repeat(np.arange(80), 4), rng.integers(6, size=320)
    assert len(set(group_strata(labels, groups))) <= 6
    weights = group_weights(labels, groups, replicates=2000)
    assert weights.var(axis=0).mean() == pytest.approx(1 - 6 / 80, abs=0.02)


def test_no_class_vanishes():
    rng = np.random.default_rng(1)
    labels = rng.choice(4, size=300, p=[0.6, 0.3, 0.08, 0.02])
    groups = np.unique(rng.integers(100, size=300), return_inverse=True)[1]
    weights = group_weights(labels, groups, replicates=500)[:, groups]
    assert all((weights[:, labels == number].sum(axis=1) > 0).all() for number in range(4))


def test_as_many_groups_are_drawn_as_there_are_of_each_stratum():
    weights = group_weights(LABELS, GROUPS, replicates=500, seed=3)
    assert weights.shape == (500, 6)
    for stratum, size in (([0, 1, 5], 3), ([2, 3, 4], 3)):
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
