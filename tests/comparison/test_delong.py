import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from s3f_pipeline.comparison.delong import Placements, delong_p, difference_variance

RNG = np.random.default_rng(3)
IS_CLASS = np.arange(40) < 15
FIRST = RNG.normal(0, 1, 40) + IS_CLASS
SECOND = RNG.normal(0, 1, 40) + 0.5 * IS_CLASS


def by_definition(is_class, first, second):
    """Sums over all pairs, as the publication has them."""
    kernels = []
    for scores in (first, second):
        inside, outside = scores[is_class][:, None], scores[~is_class][None, :]
        kernels.append((inside > outside) + 0.5 * (inside == outside))
    areas = [kernel.mean() for kernel in kernels]
    inside = np.array([kernel.mean(axis=1) for kernel in kernels])
    outside = np.array([kernel.mean(axis=0) for kernel in kernels])
    covariance = np.cov(inside) / is_class.sum() + np.cov(outside) / (~is_class).sum()
    contrast = np.array([1, -1])
    return areas[0] - areas[1], contrast @ covariance @ contrast


def both(is_class, first, second):
    return Placements.of(is_class, first), Placements.of(is_class, second)


@pytest.mark.parametrize("decimals", [9, 0])
def test_ranks_give_what_pairs_give(decimals):
    first, second = FIRST.round(decimals), SECOND.round(decimals)  # without and with ties
    placed = both(IS_CLASS, first, second)
    found = placed[0].area - placed[1].area, difference_variance(*placed)
    assert found == pytest.approx(by_definition(IS_CLASS, first, second))
    assert placed[0].area == pytest.approx(roc_auc_score(IS_CLASS, first))


def test_p_is_two_sided_and_keeps_when_swapped():
    difference, variance = by_definition(IS_CLASS, FIRST, SECOND)
    expected = 2 * norm.sf(abs(difference) / np.sqrt(variance))
    assert delong_p(*both(IS_CLASS, FIRST, SECOND)) == pytest.approx(expected)
    assert delong_p(*both(IS_CLASS, SECOND, FIRST)) == pytest.approx(expected)


def test_equal_scores_differ_by_nothing():
    assert delong_p(*both(IS_CLASS, FIRST, FIRST)) == 1
    assert delong_p(*both(IS_CLASS, FIRST, np.exp(FIRST))) == 1


def test_without_spread_areas_are_the_same_or_not():
    perfect = IS_CLASS.astype(float)
    assert delong_p(*both(IS_CLASS, perfect, 1 - perfect)) == 0


@pytest.mark.parametrize("images", [1, 4])
def test_one_image_of_a_class_is_no_test(images):
    assert delong_p(*both(np.arange(5) < images, FIRST[:5], SECOND[:5])) is None
