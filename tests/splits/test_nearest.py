import numpy as np
import pytest

from s3f_pipeline.splits import nearest
from s3f_pipeline.splits.nearest import NearestNeighbours


@pytest.fixture(scope="module")
def vectors():
    centres = np.random.default_rng(0).normal(size=(30, 16))
    return (centres.repeat(100, axis=0) + np.random.default_rng(1).normal(size=(3000, 16))).astype(np.float32)


def by_distance(vectors, asked, count):
    return ((asked[:, None] - vectors[None]) ** 2).sum(axis=2).argsort(axis=1)[:, :count]


def test_few_vectors_are_searched_exhaustively(vectors):
    found = NearestNeighbours(vectors[:200]).of(vectors[:50] + 0.01, 5)
    np.testing.assert_array_equal(found, by_distance(vectors[:200], vectors[:50] + 0.01, 5))


def test_the_nearest_of_many_is_found(vectors):
    assert len(vectors) >= nearest.EXHAUSTIVE_BELOW
    asked = vectors[::10] + np.float32(0.05)
    found = NearestNeighbours(vectors).of(asked, 8)
    expected = by_distance(vectors, asked, 8)
    assert (found[:, 0] == expected[:, 0]).all()
    shared = [len(set(one) & set(other)) for one, other in zip(found, expected, strict=True)]
    assert np.mean(shared) > 7.5


def test_where_there_are_no_more(vectors):
    assert NearestNeighbours(vectors[:2]).of(vectors[:1], 4)[0, 2:].tolist() == [-1, -1]
