import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.optimism import neighbour_optimism
from s3f_pipeline.splits.sequence import file_order


def mixed(draw_cohort, *, in_order):
    """A cohort in which patients are told apart more easily than classes."""
    index, thumbnails, groups = draw_cohort(in_order=in_order, images=800, classes=1, share=0.5)
    label = pd.Series(np.arange(800) // 200 % 4).astype("string")
    return index.assign(label=label), likeness_features(thumbnails), groups


def test_a_classifier_is_flattered_by_patients_on_two_sides(draw_cohort):
    index, features, groups = mixed(draw_cohort, in_order=True)
    found = neighbour_optimism(features, index["label"], groups["group"], file_order(index))
    assert found["images"] == 800
    assert found["runs"] == 20
    assert found["low"] > 0.1
    assert found["optimism"] == pytest.approx(found["control"] - found["by_runs"])
    assert found["by_runs"] == pytest.approx(0.25, abs=0.1)


def test_a_classifier_is_not_flattered_where_numbers_mean_nothing(draw_cohort):
    index, features, groups = mixed(draw_cohort, in_order=False)
    found = neighbour_optimism(features, index["label"], groups["group"], file_order(index))
    assert found["low"] <= 0.01
    assert abs(found["optimism"]) < 0.03


def test_known_groups_are_never_their_own_neighbours(draw_cohort):
    index, features, _ = mixed(draw_cohort, in_order=True)
    patient = pd.Series(np.arange(800) // 10).astype("string")
    found = neighbour_optimism(features, index["label"], patient, file_order(index))
    assert abs(found["optimism"]) < 0.05
