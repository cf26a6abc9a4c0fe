from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_runs import CLASSES, images, predict

from s3f_pipeline.comparison.holm import holm
from s3f_pipeline.comparison.pairs import compare_pairs
from s3f_pipeline.comparison.study import study
from s3f_pipeline.comparison.verdicts import opposite
from s3f_pipeline.errors import ResultsError


def runs(skill, seeds=3, groups=150, start=0):
    shown = images("test", groups, 1)
    return [predict(shown, skill, np.random.default_rng(start + seed)) for seed in range(seeds)]


def pairs(settings, classes=CLASSES, **tables):
    compared = study(tables, classes, replicates=settings.replicates, seed=settings.seed)
    return {(pair.first, pair.second): pair for pair in compare_pairs(compared, settings)}


def test_swapping_flips_the_sign_and_keeps_p(settings):
    a, b = runs(0.9), runs(0.7, start=10)
    one = pairs(settings, a=a, b=b)["a", "b"]
    other = pairs(settings, b=b, a=a)["b", "a"]
    assert other.difference == pytest.approx(-one.difference)
    assert (other.p, other.p_equivalent) == pytest.approx((one.p, one.p_equivalent))
    assert (other.interval.low, other.interval.high) == pytest.approx((-one.interval.high, -one.interval.low))
    assert (other.p_worse, other.p_equal) == pytest.approx((one.p_better, one.p_equal))
    assert (one.verdict, opposite(one.verdict)) == ("better", other.verdict)
    mine, theirs = one.cross_checks, other.cross_checks
    assert theirs.groups.p == mine.groups.p
    assert theirs.two_level.p == mine.two_level.p
    assert theirs.mcnemar_p == mine.mcnemar_p
    assert theirs.claim_false.median == pytest.approx(mine.claim_false.median)
    assert theirs.delong_p == mine.delong_p
    assert theirs.two_level.interval.low == pytest.approx(-mine.two_level.interval.high)


def test_a_clear_difference_is_found_by_all_methods(settings):
    pair = pairs(settings, a=runs(0.9), b=runs(0.7, start=10))["a", "b"]
    checks = pair.cross_checks
    assert pair.verdict == "better"
    assert pair.p_verdict_false == pytest.approx(pair.p / 2)
    assert pair.p < 0.001
    assert max(checks.groups.p, checks.two_level.p) < 0.02
    assert max(checks.mcnemar_p.median, checks.claim_false.highest) < 0.02
    assert checks.mcnemar_p.run_pairs == 9
    assert list(checks.delong_p) == ["malignant"]  # of two classes, both have the same areas


def test_p_is_corrected_over_all_pairs(settings):
    found = pairs(settings, a=runs(0.9), b=runs(0.8, start=10), c=runs(0.7, start=20)).values()
    assert [pair.p_holm for pair in found] == holm([pair.p for pair in found])
    assert [pair.p_equivalent_holm for pair in found] == holm([pair.p_equivalent for pair in found])


def test_the_same_network_twice_is_not_called_better(settings):
    """Equal predictions: no difference, no spread of it by images, p of 1."""
    pair = pairs(settings, a=runs(0.8), b=runs(0.8))["a", "b"]
    assert (pair.difference, pair.p) == (0, 1)
    assert pair.verdict == "no difference shown"
    assert pair.cross_checks.mcnemar_p.highest == 1 or pair.cross_checks.mcnemar_p.median > 0.05


def test_networks_that_never_differ_show_nothing(settings):
    """Every run names the same images right: nothing tells how sure it is, least of all of being equal."""
    one = runs(0.8, seeds=1) * 3
    pair = pairs(settings, a=one, b=one)["a", "b"]
    assert (pair.p, pair.interval, pair.verdict) == (None, None, "no difference shown")
    assert "the same whatever is resampled" in pair.why_none
    assert pair.cross_checks.groups.p == 1
    assert pair.cross_checks.claim_false is None


def test_a_margin_that_covers_everything_makes_networks_practically_equal(settings):
    wide = replace(settings, margin=0.4)
    pair = pairs(wide, a=runs(0.9), b=runs(0.7, start=10))["a", "b"]
    assert pair.verdict == "practically equal"
    assert pair.p_verdict_false == pytest.approx(1 - pair.p_equal)


def test_one_seed_shows_nothing(settings):
    pair = pairs(settings, a=runs(0.9, seeds=1), b=runs(0.6, start=10))["a", "b"]
    assert (pair.verdict, pair.p, pair.interval) == ("no difference shown", None, None)
    assert "a single run" in pair.why_none
    assert pair.cross_checks.groups.p < 0.05  # the trained networks differ


def test_few_groups_of_a_class_show_nothing(settings):
    pair = pairs(settings, a=runs(0.9, groups=18), b=runs(0.2, groups=18, start=10))["a", "b"]
    assert pair.verdict == "no difference shown"
    assert "a class has 9 groups" in pair.why_none


def test_three_images_in_one_group_are_compared_without_a_word(settings):
    shown = images("test", 2, 1).assign(group="one")
    tables = {name: [predict(shown, 0.5, np.random.default_rng(n)) for n in range(2)] for name in "ab"}
    pair = pairs(settings, **tables)["a", "b"]
    assert (pair.verdict, pair.p) == ("no difference shown", None)
    assert pair.cross_checks.mcnemar_p is None
    assert pair.cross_checks.delong_p == {}


def test_a_class_without_images_has_no_area(settings):
    classes = (*CLASSES, "normal")
    tables = {name: [t.assign(p_normal=0.0) for t in runs(0.8, start=len(name))] for name in ("a", "bb")}
    pair = pairs(settings, classes, **tables)["a", "bb"]
    assert "auc_macro" not in pair.others
    assert "accuracy" in pair.others
    assert list(pair.cross_checks.delong_p) == list(CLASSES)
    assert "a class has 0 groups" in pair.why_none


def test_the_order_of_images_does_not_matter(settings):
    tables = {"a": runs(0.9), "b": runs(0.7, start=10)}
    shuffled = {name: [t.sample(frac=1, random_state=1) for t in of] for name, of in tables.items()}
    assert pairs(settings, **shuffled) == pairs(settings, **tables)


def test_other_images_are_refused(settings):
    other = [table.assign(label=CLASSES[0]) for table in runs(0.8)]
    with pytest.raises(ResultsError, match="The predictions of b are not about the same images"):
        pairs(settings, a=runs(0.8), b=other)


def test_images_of_no_known_group_stand_alone(settings):
    tables = {name: [t.assign(group=pd.NA) for t in runs(0.8, start=len(name))] for name in ("a", "bb")}
    compared = study(tables, CLASSES, replicates=100, seed=0)
    assert compared.images.group_count == len(tables["a"][0])
    assert compared.images.singletons.all()
