import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.readings import reading_evidence


@pytest.fixture
def cohort(straddle_benchmark):
    def draw(*, numbers_restart, patients=60, seed=0):
        """Two kinds of disease with three images per number; one patient has both unless numbers restart."""
        rng = np.random.default_rng(seed)
        kind, number = np.repeat([0, 1], 3 * patients), np.tile(np.repeat(np.arange(patients), 3), 2)
        patient = number + numbers_restart * kind * patients
        of_kind, of_patient = (
            straddle_benchmark.fields(rng, 2)[kind],
            straddle_benchmark.fields(rng, 2 * patients)[patient],
        )
        pictures = 2 * of_kind + of_patient + straddle_benchmark.fields(rng, len(kind))
        thumbnails = np.clip(128 + 20 * pictures, 0, 255).astype(np.uint8)
        coarser = pd.Series(number).map("person{}".format)
        finer = coarser + pd.Series(kind).map({0: "_bacteria", 1: "_virus"})
        return likeness_features(thumbnails), finer.astype("string"), coarser.astype("string")

    return draw


def test_numbers_that_restart_speak_for_the_finer_reading(cohort):
    found = reading_evidence(*cohort(numbers_restart=True), permutations=199)
    assert found["same_finer"]["p"] == pytest.approx(1 / 200)
    assert found["same_coarser"]["p"] > 0.01
    assert found["same_finer"]["pairs"] == 360
    assert found["same_coarser"]["pairs"] == 60


def test_numbers_that_go_on_speak_for_the_coarser_reading(cohort):
    found = reading_evidence(*cohort(numbers_restart=False), permutations=199)
    assert found["same_coarser"]["p"] == pytest.approx(1 / 200)
    assert found["same_coarser"]["median"] > found["same_coarser"]["random"] + 0.02


def test_random_pairs_are_of_the_same_kinds(cohort):
    found = reading_evidence(*cohort(numbers_restart=True), permutations=199)
    assert found["same_coarser"]["random"] == pytest.approx(found["same_coarser"]["median"], abs=0.06)
    assert found["same_finer"]["random"] > found["random"] + 0.1


def test_copies_are_left_out(cohort):
    features, finer, coarser = cohort(numbers_restart=True)
    features[1] = features[0]
    twin_set = pd.Series([None] * len(finer), dtype="string")
    twin_set.iloc[3:5] = "twins"
    found = reading_evidence(features, finer, coarser, twin_set=twin_set, permutations=9)
    assert found["same_finer"]["pairs"] == 358


def test_one_reading_or_no_ids_leave_nothing_to_compare(cohort):
    features, finer, _ = cohort(numbers_restart=True)
    none = {"pairs": 0, "median": None, "random": None, "p": None}
    assert reading_evidence(features, finer, finer, permutations=9)["same_coarser"] == none
    unknown = pd.Series([None] * len(finer), dtype="string")
    found = reading_evidence(features, unknown, unknown, permutations=9)
    assert found == {"same_finer": none, "same_coarser": none, "random": None}
