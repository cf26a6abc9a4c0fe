import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_files import class_metrics

from s3f_pipeline.results.summary import _spread, summarise

figures = st.lists(st.floats(0, 1), min_size=2, max_size=20)


@given(figures)
def test_mean_and_sd_of_a_sample(values):
    spread = _spread(values)
    assert spread["n"] == len(values)
    assert min(values) <= spread["mean"] <= max(values) or spread["mean"] == pytest.approx(values[0])
    assert spread["sd"] == pytest.approx(statistics.pstdev(values) * (len(values) / (len(values) - 1)) ** 0.5)


@given(figures, st.randoms())
def test_the_order_of_runs_does_not_matter(values, random):
    shuffled = random.sample(values, len(values))
    assert _spread(values) == _spread(shuffled)


def test_one_run_has_no_sd(make_result):
    summary = summarise([make_result()])
    assert summary.content["metrics"]["accuracy"] == {"mean": 0.5, "sd": None, "n": 1}


def test_every_metric_of_the_test_images_is_there(make_result):
    results = [
        make_result(seed, accuracy=accuracy, per_class={"a": class_metrics()}, notes=["a note"])
        for seed, accuracy in enumerate((0.5, 0.75, 1.0))
    ]
    content = summarise(results).content
    assert set(content["metrics"]) == {
        "loss", "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "kappa", "mcc", "auc_macro",
        "auc_weighted", "average_precision_macro", "brier", "ece", "per_class.a.precision",
        "per_class.a.recall", "per_class.a.f1", "per_class.a.specificity", "per_class.a.npv",
        "per_class.a.loss", "per_class.a.brier",
    }  # fmt: skip
    assert content["metrics"]["accuracy"] == {"mean": 0.75, "sd": 0.25, "n": 3}
    of_run = {"fold": None, "splits_hash": "s", "mlflow_run_id": None}
    assert content["runs"] == [{"seed": seed, **of_run} for seed in range(3)]
    assert (content["data_hash"], content["config"]["training"]["epochs"]) == ("d", 1)
    assert not {"seed", "fold"} & content["config"].keys()
    assert content["guarantee"] == {"test": {"a": {"near_duplicate": 10}}}
    assert content["synthetic"] is True


def test_n_counts_the_runs_that_have_a_metric(make_result):
    content = summarise([make_result(0, kappa=None), make_result(1, kappa=0.5)]).content
    assert content["metrics"]["kappa"] == {"mean": 0.5, "sd": None, "n": 1}
    assert content["metrics"]["accuracy"]["n"] == 2


def test_of_equally_many_the_latest_counts(make_result):
    summary = summarise([make_result(0, epochs=1), make_result(1, epochs=2)])
    assert [run["seed"] for run in summary.content["runs"]] == [1]
    assert summary.content["left_out"] == summary.left_out
    assert len(summary.left_out) == 1


@pytest.mark.parametrize(
    ("odd", "name"), [({"data": "x"}, "data"), ({"epochs": 2}, "configuration"), ({"split": "x"}, "split")]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_odd_one_is_named_and_left_out(make_result, odd, name, place):
    results = [make_result(seed, **(odd if seed == place else {})) for seed in range(3)]
    summary = summarise(results)
    assert summary.left_out == [
        f"brisc spatial, patient_safe, seed {place} is left out: its {name} is not that of the others."
    ]
    assert [run["seed"] for run in summary.content["runs"]] == [seed for seed in range(3) if seed != place]


def test_folds_have_splits_of_their_own(make_result):
    results = [make_result(seed, fold, split=f"s{fold}") for seed in range(2) for fold in range(3)]
    assert summarise(results).left_out == []
    other = summarise([*results, make_result(2, 1, split="s0")])
    assert other.left_out == [
        "brisc spatial, patient_safe, seed 2, fold 1 is left out: its split is not that of the others."
    ]
