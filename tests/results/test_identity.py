import dataclasses

import pytest

from s3f_pipeline.config.names import fold_ending, run_folder
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import Conditions, RunId, require_equal

SAME = Conditions(
    input_shape=(64, 48, 1), epochs=12, training={"epochs": 12, "augmentation": {"crop": 1.0}},
    precision="float32", device_class="cpu", backend="tensorflow", selection_split="validation",
    splits_hash="s", data_hash="d", git_commit="c", package_version="0.1.0", synthetic=False,
)  # fmt: skip
RUNS = [RunId("brisc", "patient_safe", variant, seed) for variant in ("spatial", "concat") for seed in (0, 1)]


@pytest.mark.parametrize("fold", [None, 0, 3])
def test_folders_are_those_of_the_pipelines(fold):
    run = RunId("brisc", "patient_safe", "spatial", 7, fold)
    assert (run.folder, run.fold_ending) == (run_folder(7, fold), fold_ending(fold))


def test_runs_are_sorted_by_number():
    runs = [RunId("a", "p", "v", seed, fold) for seed in (10, 9) for fold in (1, None, 0)]
    ordered = [(run.seed, run.fold) for run in sorted(runs, key=lambda run: run.order)]
    assert ordered == [(9, None), (9, 0), (9, 1), (10, None), (10, 0), (10, 1)]


def test_equal_conditions_and_those_that_need_not_be_equal_pass():
    other = dataclasses.replace(SAME, git_commit="other", device_class="gpu", package_version=None)
    require_equal(zip(RUNS, [SAME, SAME, other, SAME], strict=True), reason="cannot be compared")
    require_equal([], reason="cannot be compared")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"splits_hash": "t"},
            ["differ in splits_hash", "s (brisc spatial", "t (brisc concat", "same split"],
        ),
        ({"input_shape": (32, 32, 1)}, ["differ in input_shape", "[32, 32, 1]", "image_size=<n>"]),
        ({"precision": "mixed_bfloat16"}, ["differ in precision", "training.precision"]),
        (
            {"training": {"epochs": 13, "augmentation": {"crop": 1.0}}},
            ["differ in training.epochs", "12", "13"],
        ),
        (
            {"training": {"epochs": 12, "augmentation": {"crop": 0.5}}},
            ["differ in training.augmentation.crop"],
        ),
        ({"training": {"epochs": 12}}, ["differ in training.augmentation.crop", "1.0"]),
        ({"synthetic": True}, ["differ in synthetic", "Phantoms"]),
        (
            {"selection_split": "test"},
            ["differ in selection_split", "test (brisc concat, patient_safe, seed 1)"],
        ),
    ],
)
def test_the_condition_that_differs_is_named_with_its_runs_and_what_to_do(changed, words):
    other = dataclasses.replace(SAME, **changed)
    with pytest.raises(ResultsError) as raised:
        require_equal(zip(RUNS, [SAME, SAME, SAME, other], strict=True), reason="cannot be compared")
    for word in [*words, "cannot be compared"]:
        assert word in raised.value.message


def test_other_conditions_can_be_asked_for():
    other = dataclasses.replace(SAME, device_class="gpu")
    with pytest.raises(ResultsError, match="differ in device_class"):
        require_equal(zip(RUNS[:2], [SAME, other], strict=True), ["device_class"], reason="are not alike")
