import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance
from sklearn.neighbors import NearestNeighbors

from s3f_pipeline.bundle import likeness
from s3f_pipeline.bundle.likeness import (
    GREY_BANDS,
    Neighbours,
    grey_distance,
    grey_shares,
    hash_distances,
    hash_number,
    thumbnail_hashes,
)


def unit(rng, count, size=7):
    features = rng.normal(size=(count, size)).astype(np.float32)
    return features / np.linalg.norm(features, axis=1, keepdims=True)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 20), k=st.integers(1, 5))
def test_distances_are_those_of_nearest_neighbours(seed, count, k):
    rng = np.random.default_rng(seed)
    features, references = unit(rng, count), unit(rng, k + 5)
    found = Neighbours(references, k).distances(features)
    expected, _ = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(references).kneighbors(features)
    assert found.nearest == pytest.approx(expected[:, 0], abs=1e-3)
    assert found.score == pytest.approx(expected[:, -1], abs=1e-3)


def test_chunks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    features, references = unit(rng, 10), unit(rng, 12)
    whole = Neighbours(references, 3).distances(features)
    monkeypatch.setattr(likeness, "CHUNK", 4)
    assert np.allclose(Neighbours(references, 3).distances(features), whole, atol=1e-6)


@given(seed=st.integers(0, 2**32 - 1), turns=st.integers(0, 3), mirrored=st.booleans())
def test_an_image_is_known_however_it_is_turned(seed, turns, mirrored):
    thumbnail = np.random.default_rng(seed).integers(0, 256, (128, 128), np.uint8)
    seen = np.rot90(thumbnail.T if mirrored else thumbnail, turns)
    (distance,) = hash_distances(thumbnail_hashes(seen)[None], np.array([hash_number(thumbnail)], np.uint64))
    assert distance == 0


def test_the_nearest_hash_counts():
    hashes = np.array([[0b1111, 0b1]], np.uint64)
    assert hash_distances(hashes, np.array([0b11111111, 0b11], np.uint64)).tolist() == [1]


@given(seed=st.integers(0, 2**32 - 1))
def test_the_distance_of_greys_is_that_of_wasserstein(seed):
    first, second = np.random.default_rng(seed).dirichlet(np.ones(GREY_BANDS), 2)
    centres = np.arange(GREY_BANDS) * 256 / GREY_BANDS
    expected = wasserstein_distance(centres, centres, first, second)
    assert grey_distance(first, second) == pytest.approx(expected)
    assert grey_distance(first, first) == 0


def test_shares_of_grey():
    image = np.zeros((2, 2, 1), np.uint8)
    image[0, 0] = 255
    shares = grey_shares(image)
    assert shares[0] == 0.75
    assert shares[-1] == 0.25
    assert shares.sum() == 1
