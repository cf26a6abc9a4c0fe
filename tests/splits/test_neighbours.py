import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.neighbours import chance, neighbours_across
from s3f_pipeline.splits.sequence import file_order


def sides(images, seed=0):
    rng = np.random.default_rng(seed)
    return pd.Series(rng.choice(["train", "validation", "test"], images, p=[0.7, 0.15, 0.15]))


@pytest.mark.parametrize("in_order", [True, False])
def test_neighbours_are_nearer_than_chance_only_in_order(draw_cohort, in_order):
    index, thumbnails, _ = draw_cohort(in_order=in_order, images=1000)
    found = neighbours_across(
        likeness_features(thumbnails), sides(1000), file_order(index), index["label"], permutations=199
    )
    assert set(found) == {"validation", "test"}
    for side in found.values():
        assert side["with_neighbours"] >= 0.95 * side["images"]
        assert (side["p"] <= 0.005) == in_order
        assert side["compared"] > 100
        assert (side["nearer"] > 0.08) == in_order
        assert side["nearest_by_chance"] == pytest.approx(7 / 700, abs=0.006)
        by_class = side["by_class"].values()
        assert set(side["by_class"]) == set(index["label"])
        assert sum(found["with_neighbours"] for found in by_class) == side["with_neighbours"]
        for share in ("nearest_is_neighbour", "nearest_by_chance"):
            total = sum(found["with_neighbours"] * found[share] for found in by_class)
            assert total / side["with_neighbours"] == pytest.approx(side[share])


def test_the_chance_of_strangers_is_that_of_draws_without_replacement():
    rng = np.random.default_rng(0)
    draws = [rng.choice(54, 4, replace=False).max() >= 48 for _ in range(20_000)]
    counted = chance(np.array([4.0, 4, 4]), np.array([50.0, 50, 50]), np.array([45.0, 50, 0]))
    assert counted[0] == pytest.approx(np.mean(draws), abs=0.02)
    assert counted[1:] == pytest.approx([4 / 54, 1])


def test_alike_images_are_counted_with_their_copies(draw_cohort):
    index, thumbnails, _ = draw_cohort(in_order=False, images=40)
    thumbnails[20:] = thumbnails[:20]
    split = pd.Series(["train"] * 20 + ["test"] * 20)
    found = neighbours_across(
        likeness_features(thumbnails), split, file_order(index), index["label"], permutations=9
    )
    assert found["test"]["alike"] == 20
    assert found["test"]["median"] == pytest.approx(1)
