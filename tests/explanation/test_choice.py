import numpy as np
import pandas as pd

from s3f_pipeline.evaluation.sample import Sample
from s3f_pipeline.explanation.choice import RIGHT, UNSURE, WRONG, choose_shown, spread_choice
from s3f_pipeline.explanation.neighbours import nearest, neighbours_block


def test_classes_have_the_shares_that_they_have_among_all():
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    chosen = spread_choice(labels, 32, seed=0)
    assert np.bincount(labels[chosen]).tolist() == [20, 10, 2]
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert spread_choice(labels, 32, seed=0).tolist() == chosen.tolist()
    assert spread_choice(labels, 32, seed=1).tolist() != chosen.tolist()
    assert spread_choice(labels, 1000, seed=0).tolist() == list(range(160))


def test_shown_are_the_surest_right_and_wrong_and_the_least_certain():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.05, 0.95], [0.49, 0.51], [0.2, 0.8]])
    sample = Sample(np.array([0, 0, 0, 0, 1]), probabilities, np.arange(5))
    shown = choose_shown(sample, 1)
    assert [(each.place, each.kind) for each in shown] == [(0, RIGHT), (2, WRONG), (3, UNSURE), (4, RIGHT)]
    assert choose_shown(sample, 0) == []


def test_of_a_kind_no_two_are_of_one_group():
    sample = Sample(
        np.zeros(3, np.int64), np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]), np.array([0, 0, 1])
    )
    assert [each.place for each in choose_shown(sample, 2) if each.kind == RIGHT] == [0, 2]


def test_neighbours_are_the_nearest_and_named():
    training = np.array([[0, 0], [3, 4], [1, 0]], np.float32)
    places, distances = nearest(np.array([[0, 0.1]], np.float32), training, 2)
    assert places.tolist() == [[0, 2]]
    np.testing.assert_allclose(distances, [[0.1, 1.01**0.5]], rtol=1e-6)
    table = pd.DataFrame({"image_id": ["x", "y", "z"], "label": ["a", "b", "b"], "group": ["g", None, None]})
    named = neighbours_block(places[0], distances[0], table)
    assert [(each["image_id"], each["label"], each["group"]) for each in named] == [
        ("x", "a", "g"),
        ("z", "b", None),
    ]
    assert nearest(training[:1], training, 9)[0].shape == (1, 3)
