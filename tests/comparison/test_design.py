import pytest
from result_files import TRAINING, training_file
from simulated_runs import Network, write_network

from s3f_pipeline.comparison.design import design
from s3f_pipeline.comparison.fold_tests import fold_tests
from s3f_pipeline.comparison.summary import advise_on_validation, compare
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import RunId, find_runs
from s3f_pipeline.results.runs import FinishedRun
from s3f_pipeline.results.splits import Excluded, Side, SplitSummary

CONFIG = training_file(RunId("busi", "patient_safe", "x", 0))["config"]


def settings_of(**changed):
    return {"config": CONFIG | {"training": {**TRAINING, **changed}}}


def test_runs_outside_of_a_cross_validation_are_compared_seed_by_seed(tmp_path):
    write_network(tmp_path, "one", Network(90))
    write_network(tmp_path, "other", Network(80), seeds=(5, 7))
    found = design(find_runs(tmp_path))
    assert {name: list(by_seed) for name, by_seed in found.repeats.items()} == {
        "one": [0, 1, 2],
        "other": [5, 7],
    }
    assert not found.is_cross_validation
    assert not found.folds


@pytest.mark.parametrize("names", [[], ["one"]])
def test_one_network_is_nothing_to_compare(tmp_path, names):
    for name in names:
        write_network(tmp_path, name, Network(90), seeds=[0])
    with pytest.raises(ResultsError, match=r"at least two networks on the same split.*kedro sweep"):
        design(find_runs(tmp_path))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"splits_hash": "other"}, "differ in splits_hash.*s \\(busi one.*other \\(busi other.*same split"),
        ({"precision": "mixed_bfloat16"}, "differ in precision.*--params=training.precision=<name>"),
        ({"input_shape": [32, 32, 1]}, "differ in input_shape.*--params=image_size=<n>"),
        (
            settings_of(epochs=9),
            "differ in training.epochs.*1 \\(busi one.*9 \\(busi other.*--params=training",
        ),
    ],
)
def test_mixed_conditions_are_refused_by_name(tmp_path, changed, told):
    write_network(tmp_path, "one", Network(90), seeds=[0])
    write_network(tmp_path, "other", Network(80), seeds=[0], **changed)
    with pytest.raises(ResultsError, match=told):
        design(find_runs(tmp_path))


def test_published_networks_are_trained_as_their_sources_say(tmp_path):
    write_network(tmp_path, "one", Network(90), protocol="published")
    write_network(tmp_path, "other", Network(80), protocol="published", **settings_of(batch_size=32))
    assert set(design(find_runs(tmp_path)).repeats) == {"one", "other"}
    write_network(tmp_path, "other", Network(80), [9], protocol="published", **settings_of(batch_size=64))
    with pytest.raises(ResultsError, match=r"differ in training\.batch_size"):
        design(find_runs(tmp_path))


@pytest.fixture
def folds(tmp_path, monkeypatch):
    """Two networks over four of five folds, with two seeds; a fifth fold is left half done."""
    side = Side(images=40, groups=40, subjects=0, classes={})
    train = Side(images=120, groups=120, subjects=0, classes={})
    summary = SplitSummary(train, side, Excluded(0, {}, None), side)
    monkeypatch.setattr(FinishedRun, "split_summary", lambda run: summary)
    for fold in range(4):
        for name, skill in {"one": 90, "other": 75}.items():
            write_network(tmp_path, name, Network(skill), (0, 1), fold, groups=60, splits_hash=f"fold {fold}")
    write_network(tmp_path, "one", Network(90), [0], 4, groups=60, splits_hash="fold 4")
    return tmp_path


def test_folds_that_all_networks_have_are_compared(folds, settings):
    found = design(find_runs(folds))
    assert found.is_cross_validation
    assert {name: list(by_seed) for name, by_seed in found.repeats.items()} == {
        "one": [0, 1],
        "other": [0, 1],
    }
    (tested,) = fold_tests(found, ["one", "other"], settings).values()
    assert tested.test.folds == (0, 1, 2, 3)
    assert tested.decides
    assert tested.estimate.df == 3


def compare_all(folder, settings):
    runs = find_runs(folder)
    advice = advise_on_validation(runs, settings)
    return compare(runs, advice, settings, titles={}, claims=[], latencies={}, mlflow_run_id=None)


def test_folds_decide_where_there_is_no_other_split(folds, settings):
    comparison = compare_all(folds, settings)
    (pair,) = comparison.pairs
    assert pair.difference == pytest.approx(pair.folds.mean)
    assert (pair.p, pair.interval) == (pair.folds.p, pair.folds.interval)
    assert pair.verdict == "better"
    assert comparison.notes[-1].startswith("Figures are of all test images of the folds")


def test_folds_stand_beside_the_verdict_of_a_split(folds, settings):
    for name, skill in {"one": 90, "other": 75}.items():
        write_network(folds, name, Network(skill))
    comparison = compare_all(folds, settings)
    (pair,) = comparison.pairs
    assert pair.folds.folds == (0, 1, 2, 3)
    assert pair.p != pair.folds.p
    assert {run.fold for run in comparison.runs} == {None}
