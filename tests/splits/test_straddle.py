"""The straddle check on drawn cohorts: what it finds, and what it must not find."""

import json

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.straddle import NO_ORDER, NOT_TESTABLE, ORDER, order_verdict, straddle_check


def sides(images, seed=0):
    rng = np.random.default_rng(seed)
    return pd.Series(rng.choice(["train", "validation", "test"], images, p=[0.7, 0.15, 0.15]))


@pytest.mark.parametrize("kind", [{}, {"classes": 4}, {"twins": 0.1}], ids=["one", "classes", "twins"])
def test_random_orders_raise_few_alarms_and_patients_are_found(straddle_benchmark, kind):
    assert straddle_benchmark.rate(20, share=0.3, in_order=False, **kind) <= 0.05
    assert straddle_benchmark.rate(20, share=0.1, in_order=True, **kind) >= 0.95


@pytest.mark.parametrize(("images", "per_patient"), [(360, 6), (200, 2)])
def test_known_patients_in_blocks_raise_few_alarms(straddle_benchmark, images, per_patient):
    size = {"images": images, "per_patient": per_patient, "known": True}
    assert straddle_benchmark.rate(40, share=0.3, in_order=True, **size) <= 0.05


@pytest.mark.parametrize("names", ["case_slice", "folders", "dates", "sides"])
def test_patients_are_found_however_names_tell_them(straddle_benchmark, names):
    patients, per_patient = straddle_benchmark.NAMED[names]
    size = {"images": patients * per_patient // 2, "per_patient": per_patient, "names": names}
    assert straddle_benchmark.rate(8, share=0.3, in_order=True, **size) >= 0.95
    assert straddle_benchmark.rate(8, share=0.3, in_order=False, **size) <= 0.05


def test_patients_who_take_turns_are_not_seen(draw_cohort):
    index, thumbnails, groups = draw_cohort(images=400, share=0.5)
    turns = np.argsort(np.arange(400) % 10, kind="stable")
    assert checked((index, thumbnails[turns], groups))["verdict"] == NO_ORDER


def checked(cohort, **options):
    index, thumbnails, groups = cohort
    splits = index[["image_id"]].assign(split=sides(len(index)))
    return straddle_check(index, likeness_features(thumbnails), groups, splits, permutations=199, **options)


def test_the_whole_check_is_the_same_each_time_and_fits_into_json(draw_cohort):
    cohort = draw_cohort(images=300, classes=2)
    found = checked(cohort)
    assert found["verdict"] == ORDER
    assert found["axis"] is None
    assert json.loads(json.dumps(found)) == found == checked(cohort)


def test_the_order_of_rows_does_not_matter(draw_cohort):
    index, thumbnails, groups = draw_cohort(images=300)
    splits = index[["image_id"]].assign(split=sides(300))
    rows = np.random.default_rng(0).permutation(300)
    features = likeness_features(thumbnails)
    found = straddle_check(index, features, groups, splits, permutations=19)
    shuffled = index.iloc[rows].reset_index(drop=True)
    again = straddle_check(shuffled, features[rows], groups, splits, permutations=19)
    assert again["order"]["effect"] == pytest.approx(found["order"]["effect"], rel=1e-4)
    assert again["optimism"]["by_runs"] == found["optimism"]["by_runs"]


@pytest.mark.parametrize("paths", [["left.png"], ["left.png", "right.png"]])
def test_what_has_no_numbers_is_not_testable(draw_cohort, paths):
    index, thumbnails, groups = draw_cohort(images=100)
    index = index.assign(path=pd.Series((paths * 100)[:100]).astype("string"))
    found = checked((index, thumbnails, groups))
    assert found["verdict"] == NOT_TESTABLE
    assert found["order"]["p"] is None
    assert found["optimism"] is None
    assert found["neighbours"]["test"]["p"] is None


def test_few_numbered_images_do_not_speak_for_all(draw_cohort):
    index, thumbnails, groups = draw_cohort(images=300)
    index["path"] = index["path"].where(np.arange(300) < 100, "left.png")
    assert checked((index, thumbnails, groups))["verdict"] == NOT_TESTABLE


def test_a_column_is_used_instead_of_names(draw_cohort):
    index, thumbnails, groups = draw_cohort(images=300)
    index = index.assign(path=pd.Series(["left.png"] * 300).astype("string"), taken=np.arange(300))
    assert checked((index, thumbnails, groups), column="taken")["verdict"] == ORDER


def test_a_trifle_in_many_images_is_no_order():
    evidence = {"pairs": 50_000, "files": 50_001, "p": 0.001, "largest_effect": 0.05, "parts": []}
    assert order_verdict(evidence, 50_001) == NO_ORDER
    assert order_verdict(evidence | {"largest_effect": 0.15}, 50_001) == ORDER
    assert order_verdict(evidence | {"largest_effect": 0.15, "p": 0.02}, 50_001) == NO_ORDER
    assert order_verdict(evidence | {"parts": [{"p": 0.001, "largest_effect": 0.15}]}, 50_001) == ORDER


def test_blank_images_are_no_error(draw_cohort):
    index, thumbnails, groups = draw_cohort(images=100)
    found = checked((index, np.zeros_like(thumbnails), groups))
    assert found["verdict"] == NOT_TESTABLE
    assert found["neighbours"]["test"]["alike"] == 0


def test_tables_of_other_images_are_refused(draw_cohort):
    index, thumbnails, groups = draw_cohort(images=100)
    splits = index[["image_id"]].assign(split="train")
    with pytest.raises(SplitError, match="do not list the same images"):
        straddle_check(index, likeness_features(thumbnails), groups, splits[1:])


def test_known_patients_are_not_looked_for(draw_cohort):
    index, thumbnails, groups = draw_cohort(images=600)
    assert checked((index, thumbnails, groups))["verdict"] == ORDER
    known = groups.assign(group=[f"patient {row // 10}" for row in range(600)])
    found = checked((index, thumbnails, known))
    assert found["verdict"] != ORDER
    assert abs(found["order"]["lags"][0]["effect"]) < 0.5


def test_a_part_of_names_is_told_with_an_expression(draw_cohort):
    found = checked(draw_cohort(images=400, per_patient=20, names="case_slice"))
    assert found["verdict"] == ORDER
    assert found["order"]["number"] == 1
    assert [order["number"] for order in found["order"]["tried"]] == [1, 2]
    assert (found["part"]["text"], found["part"]["pattern"]) == ("case_00", r"(case_\d+).*")
    assert checked(draw_cohort(images=400, names="case_slice", in_order=False))["part"] is None


def test_two_rooms_by_turns_are_seen(draw_cohort):
    index, thumbnails, groups = draw_cohort(images=400)
    turns = np.arange(400).reshape(2, 200).T.reshape(-1)
    found = checked((index, thumbnails[turns], groups))
    assert found["verdict"] == ORDER
    assert found["order"]["lags"][0]["effect"] < 0.1
    assert found["order"]["run_length"] >= 8
