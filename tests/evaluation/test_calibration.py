import numpy as np
import pytest

from s3f_pipeline.evaluation.calibration import (
    classwise_ece,
    expected_error,
    mass_bins,
    simulated_gaps,
    top_label_ece,
    width_bins,
)


def random_case(n=300, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(classes, size=n), rng.dirichlet(np.ones(classes), n)


def test_by_hand():
    labels = np.array([0, 1, 0, 1])
    positive = np.array([0.1, 0.7, 0.4, 0.9])
    probabilities = np.stack([1 - positive, positive], axis=1)
    # confidences .9, .7, .6, .9, all right; two bins of equal mass {.6, .7} and {.9, .9}
    assert top_label_ece(labels, probabilities, bins=2) == pytest.approx((0.4 + 0.3 + 0.1 + 0.1) / 4)
    # class 1: bins {.1, .4} and {.7, .9} with 0 of 2 and 2 of 2
    assert classwise_ece(labels, probabilities, bins=2) == pytest.approx([(0.5 + 0.4) / 4] * 2)


def test_wrong_and_right_in_one_bin_balance():
    probabilities = np.array([[0.5, 0.5], [0.5, 0.5]])
    assert top_label_ece(np.array([0, 1]), probabilities) == 0
    assert top_label_ece(np.array([1, 1]), probabilities) == 0.5


def test_bins_of_equal_mass_hold_equally_many_and_keep_ties_together():
    assert np.bincount(mass_bins(np.linspace(0, 1, 60), 15)).tolist() == [4] * 15
    assert mass_bins(np.array([0.2, 0.9, 0.9, 0.9, 1.0]), 5).tolist() == [0, 2, 2, 2, 4]
    assert mass_bins(np.array([1.0]), 15).tolist() == [7]


def test_bins_of_equal_width_hold_both_ends():
    assert width_bins(np.array([0.0, 0.1, 0.95, 1.0])).tolist() == [0, 1, 9, 9]


def test_ten_equal_widths_as_a_loop_over_bins():
    labels, probabilities = random_case()
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected = 0.0
    for low in np.arange(10) / 10:
        inside = (confidence >= low) & (confidence < low + 0.1)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert top_label_ece(labels, probabilities, bins=10, equal_mass=False) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_order_of_images_and_of_classes_does_not_matter(seed):
    labels, probabilities = random_case(seed=seed)
    probabilities = np.round(probabilities, 1)  # with ties
    order, classes = np.random.default_rng(seed).permutation(300), np.array([2, 0, 3, 1])
    shuffled = labels[order], probabilities[order]
    assert top_label_ece(*shuffled) == pytest.approx(top_label_ece(labels, probabilities))
    assert classwise_ece(*shuffled) == pytest.approx(classwise_ece(labels, probabilities))
    renamed = np.argsort(classes)[labels], probabilities[:, classes]
    assert classwise_ece(*renamed) == pytest.approx(classwise_ece(labels, probabilities)[classes])


def test_a_perfect_and_certain_network_has_none():
    labels = np.array([0, 2, 1])
    assert top_label_ece(labels, np.eye(3)[labels]) == 0
    assert classwise_ece(labels, np.eye(3)[labels]).tolist() == [0, 0, 0]


def test_expected_error_of_one_image_by_hand():
    # right with probability .8: |1 - .8| or |0 - .8|, on the mean .8 · .2 + .2 · .8
    nothing = np.array([0])
    gaps = simulated_gaps(np.array([0.8]), nothing, nothing, simulations=20_000)
    assert gaps.shape == (20_000, 1)
    assert np.abs(gaps).mean() == pytest.approx(0.32, abs=0.01)
    assert gaps.mean() == pytest.approx(0, abs=0.01)


def test_expected_error_is_that_of_labels_drawn_from_the_probabilities():
    _, probabilities = random_case(n=200)
    rng = np.random.default_rng(1)
    drawn = [
        top_label_ece(np.array([rng.choice(4, p=row) for row in probabilities]), probabilities)
        for _ in range(150)
    ]
    confidences = probabilities.max(axis=1)
    expected = expected_error(confidences, mass_bins(confidences), np.arange(200))
    assert expected == pytest.approx(np.mean(drawn), rel=0.1)


def test_more_is_expected_of_few_images_and_of_groups_that_share_their_luck():
    probabilities = np.full(400, 0.7)
    bins, images = mass_bins(np.linspace(0, 1, 400)), np.arange(400)
    by_image = expected_error(probabilities, bins, images)
    assert expected_error(probabilities, bins, images // 8) > 1.5 * by_image
    assert expected_error(probabilities[:50], mass_bins(np.linspace(0, 1, 50)), images[:50]) > 2 * by_image
    assert expected_error(np.ones(400), bins, images) == 0
