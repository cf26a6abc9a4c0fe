import pytest

from s3f_pipeline.pipelines.dependencies import Dependencies, first_of, flat

BEFORE = {
    "parameters": {"training.epochs": 12, "classes": ["a", "b"]},
    "inputs": {"brisc.images_32x32": "1", "brisc.patient_safe.splits": "2"},
    "code": {"training/fit.py": "3"},
    "packages": {"keras": "3.15.1", "backend": "tensorflow 2.21.0"},
    "nodes": {"train": "train(x) -> y"},
}


@pytest.mark.parametrize(
    ("part", "name", "value", "told"),
    [
        ("parameters", "training.epochs", 20, "parameter training.epochs 12 → 20"),
        ("parameters", "classes", ["b", "a"], 'parameter classes ["a", "b"] → ["b", "a"]'),
        ("parameters", "training.mixup", 0.5, "parameter training.mixup none → 0.5"),
        ("parameters", "classes", ["c" * 99], f'parameter classes ["a", "b"] → ["{"c" * 37}…'),
        ("inputs", "brisc.images_32x32", "9", "images changed"),
        ("inputs", "brisc.patient_safe.splits", "9", "split changed"),
        ("code", "training/fit.py", "9", "code of training/fit.py"),
        ("code", "training/other.py", "9", "code of training/other.py"),
        ("packages", "keras", "3.16.0", "keras 3.15.1 → 3.16.0"),
        ("packages", "backend", "jax 0.8", "backend tensorflow 2.21.0 → jax 0.8"),
        ("packages", "scipy", "1.16", "scipy none → 1.16"),
        ("nodes", "train", "train(y) -> y", "wiring of train"),
    ],
)
def test_each_change_is_named_and_changes_the_fingerprint(part, name, value, told):
    before = Dependencies(**BEFORE)
    now = Dependencies(**{**BEFORE, part: {**BEFORE[part], name: value}})
    assert before.changes(now) == [told]
    assert before.fingerprint != now.fingerprint
    assert before.changes(Dependencies(**BEFORE)) == []


def test_another_image_size_is_one_change_of_images():
    now = Dependencies(**{**BEFORE, "inputs": {"brisc.images_64x64": "1", "brisc.patient_safe.splits": "2"}})
    assert Dependencies(**BEFORE).changes(now) == ["images changed"]


def test_the_first_few_are_named_and_the_others_counted():
    assert first_of(["a"]) == "a"
    assert first_of(["a", "b", "c"]) == "a, b, c"
    assert first_of(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


def test_parameters_are_called_as_users_call_them():
    assert flat({"training": {"epochs": 2, "augmentation": {}}}, "") == {
        "training.epochs": 2,
        "training.augmentation": {},
    }
    assert flat({"folds": 5}, "splitting") == {"splitting.folds": 5}
    assert flat(None, "linking") == {"linking": None}
