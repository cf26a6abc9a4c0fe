import math

import numpy as np
import pytest

from s3f_pipeline.explanation.shares import balanced_shares, l2_shares


def published(spatial, spectral):
    """The two shares of the spatial vector of one image, as the published formulas read."""
    lengths = [math.sqrt(sum(value * value for value in vector)) for vector in (spatial, spectral)]
    scores = [
        math.sqrt(length * length / len(vector))
        for length, vector in zip(lengths, (spatial, spectral), strict=True)
    ]
    return [100 * pair[0] / ((pair[0] + pair[1]) or 1e-6) for pair in (lengths, scores)]


def test_shares_are_those_of_the_published_formulas():
    rng = np.random.default_rng(0)
    vectors = [rng.normal(size=(7, 512)).astype(np.float32), rng.normal(size=(7, 4)).astype(np.float32)]
    expected = np.array([published(s.tolist(), t.tolist()) for s, t in zip(*vectors, strict=True)])
    np.testing.assert_allclose(l2_shares(vectors)[:, 0], expected[:, 0], rtol=1e-6)
    np.testing.assert_allclose(balanced_shares(vectors)[:, 0], expected[:, 1], rtol=1e-6)
    np.testing.assert_allclose(balanced_shares(vectors).sum(axis=1), 100)


def test_vectors_of_zeros_have_no_share():
    nothing = [np.zeros((1, 512), np.float32), np.zeros((1, 4), np.float32)]
    assert l2_shares(nothing).tolist() == balanced_shares(nothing).tolist() == [[0, 0]]


def test_vectors_of_one_spread_share_evenly_whatever_is_used():
    vectors = [np.full((1, 512), 0.7, np.float32), np.full((1, 4), -0.7, np.float32)]
    assert balanced_shares(vectors)[0].tolist() == pytest.approx([50, 50])
    assert l2_shares(vectors)[0, 0] == pytest.approx(100 * 512**0.5 / (512**0.5 + 4**0.5))
