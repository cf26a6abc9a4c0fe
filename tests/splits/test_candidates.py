import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits import candidates, tangents
from s3f_pipeline.splits.candidates import candidate_pairs
from s3f_pipeline.splits.geometry import ORIENTATIONS, REGIONS, WHOLE, turned

HEADS = 12


@pytest.fixture(scope="module")
def cohort(slice_of_head, distortions, indexed):
    images = {f"{head}": slice_of_head(head) for head in range(HEADS)}
    images |= {f"{head} moved": distortions["shift_left"](images[f"{head}"]) for head in range(HEADS)}
    return indexed(images)[1]


def pairs_of(found):
    return {tuple(sorted(pair)) for pair in found[["whole", "part"]].to_numpy().tolist()}


def test_the_moved_are_candidates_and_most_others_are_not(cohort):
    found = candidate_pairs(cohort, np.arange(len(cohort)), unexplained=6)
    planted = {(head, head + HEADS) for head in range(HEADS)}
    assert planted <= pairs_of(found)
    strict = pairs_of(candidate_pairs(cohort, np.arange(len(cohort)), unexplained=0.8))
    assert planted <= strict
    assert len(strict) < 2 * HEADS  # of 276


@pytest.mark.parametrize("orientation", range(ORIENTATIONS))
def test_turned_copies_are_found_as_they_are_turned(cohort, orientation):
    images = np.concatenate([cohort[:HEADS], turned(cohort[:HEADS], orientation)])
    found = candidate_pairs(images, np.arange(len(images)), unexplained=0.5)
    planted = {(head, head + HEADS) for head in range(HEADS)}
    assert planted <= pairs_of(found)
    for whole, part, _, turn in found.itertuples(index=False):
        if (min(whole, part), max(whole, part)) in planted:
            np.testing.assert_array_equal(turned(images[whole], turn), images[part])


def test_a_crop_is_found_in_the_region_it_was_cut_from(slice_of_head, indexed):
    whole = slice_of_head(3)
    height, width = whole.shape
    crop = whole[round(0.1 * height) :, : round(0.9 * width)]
    others = {f"{head}": slice_of_head(head) for head in range(20, 30)}
    _, thumbnails = indexed({"whole": whole, "crop": crop, **others})
    found = candidate_pairs(thumbnails, np.arange(12), unexplained=0.8)
    row = found[(found["whole"] == 0) & (found["part"] == 1)].iloc[0]
    assert REGIONS[row["region"]] == (0.9, 0, 0.1)
    assert row["orientation"] == 0


def test_do_not_depend_on_how_the_rows_are_divided(cohort, monkeypatch):
    rows = np.arange(len(cohort))
    whole = candidate_pairs(cohort, rows, unexplained=6)
    monkeypatch.setattr(candidates, "CHUNK", 5)
    monkeypatch.setattr(tangents, "BLOCK", 7)
    divided = candidate_pairs(cohort, rows, unexplained=6)
    assert pairs_of(divided) == pairs_of(whole)


def test_only_the_rows_asked_for_are_looked_at(cohort):
    rows = np.array([HEADS + 3, 0, 3])
    found = candidate_pairs(cohort, rows, unexplained=0.8)
    assert pairs_of(found) == {(0, 2)}


def test_an_image_has_few_partners(cohort):
    found = candidate_pairs(cohort, np.arange(len(cohort)), unexplained=1e6)
    assert len(found) <= candidates.PARTNERS * len(cohort)


def test_one_image_has_no_pair():
    found = candidate_pairs(np.zeros((1, 128, 128), np.uint8), np.arange(1), unexplained=6)
    assert found.empty


def test_whole_images_are_as_far_from_each_other_either_way(cohort):
    fits = pd.concat(candidates._correlated(cohort, np.arange(len(cohort))))
    fits = fits[fits["region"] == REGIONS.index(WHOLE)]
    distances = fits.set_index(["whole", "part", "orientation"])["distance"].to_dict()
    back = {1: 3, 3: 1}
    both = [
        (distance, distances[part, whole, back.get(turn, turn)])
        for (whole, part, turn), distance in distances.items()
        if (part, whole, back.get(turn, turn)) in distances
    ]
    assert len(both) > 2 * HEADS
    assert np.mean([one == other for one, other in both]) > 0.95
