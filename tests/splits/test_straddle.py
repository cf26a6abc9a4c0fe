"""The straddle check on drawn cohorts: what it finds, and what it must not find."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.neighbours import chance, neighbours_across
from s3f_pipeline.splits.optimism import neighbour_optimism
from s3f_pipeline.splits.order_evidence import axis_evidence, order_evidence
from s3f_pipeline.splits.sequence import file_order
from s3f_pipeline.splits.straddle import NO_ORDER, NOT_TESTABLE, ORDER, order_verdict, straddle_check

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "straddle.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("straddle_benchmark", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def draw(benchmark):
    def cohort(seed=0, *, share=0.3, in_order=True, **options):
        rng = np.random.default_rng(seed)
        return benchmark.draw_cohort(rng, share=share, in_order=in_order, **options)

    return cohort


def sides(images, seed=0):
    rng = np.random.default_rng(seed)
    return pd.Series(rng.choice(["train", "validation", "test"], images, p=[0.7, 0.15, 0.15]))


@pytest.mark.parametrize("kind", [{}, {"classes": 4}, {"twins": 0.1}], ids=["one", "classes", "twins"])
def test_random_orders_raise_few_alarms_and_patients_are_found(benchmark, kind):
    assert benchmark.rate(20, share=0.3, in_order=False, **kind) <= 0.05
    assert benchmark.rate(20, share=0.1, in_order=True, **kind) >= 0.95


def test_p_values_of_random_orders_are_uniform(draw):
    p = []
    for seed in range(40):
        index, thumbnails, _ = draw(seed, in_order=False, images=120)
        features = likeness_features(thumbnails)
        p.append(order_evidence(features, file_order(index), permutations=99, seed=seed)["p"])
    assert np.mean(np.array(p) <= 0.25) == pytest.approx(0.25, abs=0.2)
    assert np.mean(np.array(p) <= 0.75) == pytest.approx(0.75, abs=0.2)


def test_copies_beside_their_originals_are_no_patients(draw):
    index, thumbnails, groups = draw(in_order=False, images=400, twins=0.5)
    features, order = likeness_features(thumbnails), file_order(index)
    evidence = order_evidence(features, order, twin_set=groups["twin_set"], permutations=99)
    assert order_verdict(evidence, len(index)) == NO_ORDER
    assert evidence["pairs"] < 300
    changed = thumbnails.copy()
    changed[1::2] = np.clip(
        changed[0::2] + np.random.default_rng(0).normal(0, 20, changed[1::2].shape), 0, 255
    )
    pairs = pd.Series(np.arange(400) // 2).astype("string")
    features = likeness_features(changed)
    unmarked, marked = (
        order_evidence(features, order, twin_set=twins, permutations=99)["effect"] for twins in (None, pairs)
    )
    assert unmarked > 1
    assert abs(marked) < 0.3


def test_the_effect_follows_the_length_of_the_runs(draw):
    index, thumbnails, _ = draw(images=1000, per_patient=20, share=0.5)
    evidence = order_evidence(likeness_features(thumbnails), file_order(index), permutations=19)
    assert evidence["run_length"] == 16
    assert evidence["consecutive"] > evidence["random"] + 0.05
    assert evidence["lags"][0]["effect"] == pytest.approx(evidence["effect"])


def test_a_pattern_in_stretches_is_tested_like_one_in_one_piece(draw, monkeypatch):
    index, thumbnails, _ = draw(images=400)
    features, order = likeness_features(thumbnails), file_order(index)
    whole = order_evidence(features, order, permutations=19)
    monkeypatch.setattr("s3f_pipeline.splits.order_evidence.MOST_FILES", 150)
    parts = order_evidence(features, order, permutations=19)
    assert parts["files"] == whole["files"]
    assert parts["pairs"] == whole["pairs"] - 2
    assert parts["effect"] == pytest.approx(whole["effect"], rel=0.1)


def renumber(index, split):
    """Number the files of each split anew, as if each had been copied to a folder of its own."""
    number = split.groupby(split).cumcount()
    paths = split + "_" + number.astype("string") + ".png"
    return index.assign(path=paths.astype("string"), official_split=split.astype("string"))


@pytest.mark.parametrize("in_order", [True, False])
def test_splits_of_one_list_are_laid_over_each_other(draw, in_order):
    index, thumbnails, _ = draw(in_order=in_order, images=800, share=0.5)
    split = pd.Series(np.where(np.arange(800) % 5 == 0, "test", "train"))
    order = file_order(renumber(index, split), merge_splits=True)
    evidence = axis_evidence(likeness_features(thumbnails), order, split, permutations=199)
    assert (evidence["p"] <= 0.01) == in_order


@pytest.mark.parametrize("in_order", [True, False])
def test_neighbours_are_nearer_than_chance_only_in_order(draw, in_order):
    index, thumbnails, _ = draw(in_order=in_order, images=1000)
    found = neighbours_across(likeness_features(thumbnails), sides(1000), file_order(index), permutations=199)
    assert set(found) == {"validation", "test"}
    for side in found.values():
        assert side["with_neighbours"] >= 0.95 * side["images"]
        assert (side["p"] <= 0.005) == in_order
        assert side["compared"] > 100
        assert (side["nearer"] > 0.08) == in_order
        assert side["nearest_by_chance"] == pytest.approx(7 / 700, abs=0.006)


def test_the_chance_of_strangers_is_that_of_draws_without_replacement():
    rng = np.random.default_rng(0)
    draws = [rng.choice(54, 4, replace=False).max() >= 48 for _ in range(20_000)]
    counted = chance(np.array([4.0, 4, 4]), np.array([50.0, 50, 50]), np.array([45.0, 50, 0]))
    assert counted[0] == pytest.approx(np.mean(draws), abs=0.02)
    assert counted[1:] == pytest.approx([4 / 54, 1])


def test_alike_images_are_counted_with_their_copies(draw):
    index, thumbnails, _ = draw(in_order=False, images=40)
    thumbnails[20:] = thumbnails[:20]
    split = pd.Series(["train"] * 20 + ["test"] * 20)
    found = neighbours_across(likeness_features(thumbnails), split, file_order(index), permutations=9)
    assert found["test"]["alike"] == 20
    assert found["test"]["median"] == pytest.approx(1)


def mixed(draw, *, in_order):
    """A cohort in which patients are told apart more easily than classes."""
    index, thumbnails, groups = draw(in_order=in_order, images=800, classes=1, share=0.5)
    label = pd.Series(np.arange(800) // 200 % 4).astype("string")
    return index.assign(label=label), likeness_features(thumbnails), groups


def test_a_classifier_is_flattered_by_patients_on_two_sides(draw):
    index, features, groups = mixed(draw, in_order=True)
    found = neighbour_optimism(features, index["label"], groups["group"], file_order(index))
    assert found["images"] == 800
    assert found["runs"] == 20
    assert found["low"] > 0.1
    assert found["optimism"] == pytest.approx(found["control"] - found["by_runs"])
    assert found["by_runs"] == pytest.approx(0.25, abs=0.1)


def test_a_classifier_is_not_flattered_where_numbers_mean_nothing(draw):
    index, features, groups = mixed(draw, in_order=False)
    found = neighbour_optimism(features, index["label"], groups["group"], file_order(index))
    assert found["low"] <= 0.01
    assert abs(found["optimism"]) < 0.03


def test_known_groups_are_never_their_own_neighbours(draw):
    index, features, _ = mixed(draw, in_order=True)
    patient = pd.Series(np.arange(800) // 10).astype("string")
    found = neighbour_optimism(features, index["label"], patient, file_order(index))
    assert abs(found["optimism"]) < 0.05


def checked(cohort, **options):
    index, thumbnails, groups = cohort
    splits = index[["image_id"]].assign(split=sides(len(index)))
    return straddle_check(index, thumbnails, groups, splits, permutations=199, **options)


def test_the_whole_check_is_the_same_each_time_and_fits_into_json(draw):
    cohort = draw(images=300, classes=2)
    found = checked(cohort)
    assert found["verdict"] == ORDER
    assert found["axis"] is None
    assert json.loads(json.dumps(found)) == found == checked(cohort)


def test_the_order_of_rows_does_not_matter(draw):
    index, thumbnails, groups = draw(images=300)
    splits = index[["image_id"]].assign(split=sides(300))
    rows = np.random.default_rng(0).permutation(300)
    found = straddle_check(index, thumbnails, groups, splits, permutations=19)
    shuffled = index.iloc[rows].reset_index(drop=True)
    again = straddle_check(shuffled, thumbnails[rows], groups, splits, permutations=19)
    assert again["order"]["effect"] == pytest.approx(found["order"]["effect"], rel=1e-4)
    assert again["optimism"]["by_runs"] == found["optimism"]["by_runs"]


@pytest.mark.parametrize("paths", [["left.png"], ["left.png", "right.png"]])
def test_what_has_no_numbers_is_not_testable(draw, paths):
    index, thumbnails, groups = draw(images=100)
    index = index.assign(path=pd.Series((paths * 100)[:100]).astype("string"))
    found = checked((index, thumbnails, groups))
    assert found["verdict"] == NOT_TESTABLE
    assert found["order"]["p"] is None
    assert found["optimism"] is None
    assert found["neighbours"]["test"]["p"] is None


def test_few_numbered_images_do_not_speak_for_all(draw):
    index, thumbnails, groups = draw(images=300)
    index["path"] = index["path"].where(np.arange(300) < 100, "left.png")
    assert checked((index, thumbnails, groups))["verdict"] == NOT_TESTABLE


def test_a_column_is_used_instead_of_names(draw):
    index, thumbnails, groups = draw(images=300)
    index = index.assign(path=pd.Series(["left.png"] * 300).astype("string"), taken=np.arange(300))
    assert checked((index, thumbnails, groups), column="taken")["verdict"] == ORDER


def test_a_trifle_in_many_images_is_no_order():
    evidence = {"pairs": 50_000, "files": 50_001, "p": 0.001, "effect": 0.05}
    assert order_verdict(evidence, 50_001) == NO_ORDER
    assert order_verdict(evidence | {"effect": 0.15}, 50_001) == ORDER
    assert order_verdict(evidence | {"effect": 0.15, "p": 0.02}, 50_001) == NO_ORDER


def test_blank_images_are_no_error(draw):
    index, thumbnails, groups = draw(images=100)
    found = checked((index, np.zeros_like(thumbnails), groups))
    assert found["verdict"] == NOT_TESTABLE
    assert found["neighbours"]["test"]["alike"] == 0


def test_tables_of_other_images_are_refused(draw):
    index, thumbnails, groups = draw(images=100)
    splits = index[["image_id"]].assign(split="train")
    with pytest.raises(SplitError, match="do not list the same images"):
        straddle_check(index, thumbnails, groups, splits[1:])
