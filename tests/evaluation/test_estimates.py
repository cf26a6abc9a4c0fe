import numpy as np
import pytest

from s3f_pipeline.evaluation.estimates import BOUNDED, FLAG, estimates, interval
from s3f_pipeline.evaluation.intervals import Basis, normal_quantile, score_interval, wilson_interval

ALONE = np.arange(200)
PAIRS = np.repeat(np.arange(100), 2)


def replicated(value, spread, count=1001):
    around = np.linspace(-1, 1, count - 1)
    return np.append(value, value + spread * around / around.std())


def flag_of(name, value, spread, groups=PAIRS, **options):
    return interval(name, replicated(value, spread), groups, **options)["flag"]


def test_a_share_of_independent_images_has_the_interval_of_wilson():
    found = interval("accuracy", replicated(0.9, 0.3), ALONE)
    low, high = wilson_interval(0.9, 200, normal_quantile(0.95))
    assert found == {"low": low, "high": high, "flag": None}


def test_in_groups_a_share_counts_by_how_much_it_varies():
    values = replicated(0.8, 0.04)
    low, high = score_interval(values, Basis.of(PAIRS), 0.9, (0, 1))
    assert interval("accuracy", values, PAIRS, confidence=0.9) == {"low": low, "high": high, "flag": None}


def test_a_correlation_lies_between_minus_one_and_one():
    low, high = score_interval(replicated(0.8, 0.02), Basis.of(PAIRS), 0.95, (-1, 1), 2)
    found = interval("mcc", replicated(0.8, 0.02), PAIRS)
    assert (found["low"], found["high"]) == (low, high)


@pytest.mark.parametrize(
    "name", ["accuracy", "macro_f1", "auc", "mcc", "loss", "brier", "ece", "net benefit"]
)
def test_few_groups_are_flagged(name):
    values = replicated(0.6, 0.02)
    assert interval(name, values, np.repeat(np.arange(30), 20))["flag"] is None
    assert interval(name, values, np.repeat(np.arange(29), 20))["flag"] == FLAG
    assert interval(name, values, PAIRS, fewest=29)["flag"] == FLAG


def test_few_images_wrong_are_flagged_where_images_go_together():
    assert flag_of("accuracy", 0.94, 0.01) is None
    assert flag_of("accuracy", 0.96, 0.01) == FLAG
    assert flag_of("accuracy", 0.96, 0.01, ALONE) is None
    assert flag_of("auc_macro", 0.98, 0.01, ALONE) == FLAG
    assert flag_of("accuracy", 1.0, 0.0) == FLAG


def test_a_mean_that_few_images_make_is_flagged():
    assert flag_of("loss", 0.5, 0.07) is None
    assert flag_of("loss", 0.5, 0.08) == FLAG
    assert flag_of("brier", 0.0, 0.0) == FLAG


def test_a_calibration_error_that_chance_could_make_is_flagged():
    assert flag_of("ece", 0.1, 0.01, chance=0.05) is None
    assert flag_of("ece", 0.1, 0.01, chance=0.051) == FLAG


def test_what_does_not_exist_has_no_interval():
    missing = np.full(11, np.nan)
    assert interval("auc", missing, ALONE) is None
    assert interval("recall", replicated(0, 0), ALONE[:0]) is None
    stated = estimates({"auc": missing, "f1": replicated(0.5, 0.1)}, ALONE)
    assert (stated["auc"], stated["f1"], stated["intervals"].keys()) == (None, 0.5, {"f1"})


def test_each_figure_is_about_its_own_images():
    is_class = ALONE < 50
    values = {"recall": replicated(0.5, 0.1), "accuracy": replicated(0.5, 0.1)}
    found = estimates(values, ALONE, about={"recall": is_class}, fewest={"accuracy": 3})["intervals"]
    assert found["recall"]["low"] == wilson_interval(0.5, 50, normal_quantile(0.95))[0]
    assert found["accuracy"]["low"] == wilson_interval(0.5, 200, normal_quantile(0.95))[0]
    assert (found["recall"]["flag"], found["accuracy"]["flag"]) == (None, FLAG)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [*BOUNDED, "loss", "brier", "ece", "net benefit"])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("groups", [[0], [0, 0, 0], [0, 1, 2]])
def test_of_three_images_every_end_is_a_number_around_the_figure(name, value, groups):
    drawn = np.clip(replicated(value, 0.4 * (value == 0.3), 31), 0, 1)
    for values in (drawn, np.append(value, np.full(9, np.nan))):
        found = interval(name, values, np.array(groups))
        assert found["low"] <= value + 1e-12
        assert value <= found["high"] + 1e-12
        assert np.isfinite([found["low"], found["high"]]).all()
        assert found["flag"] == FLAG
