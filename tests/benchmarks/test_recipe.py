import importlib.util
import json
from argparse import Namespace
from dataclasses import replace

import pytest

from s3f_pipeline.config.loader import PROJECT
from s3f_pipeline.recipe import TrainingSettings

spec = importlib.util.spec_from_file_location("trials_of_recipes", PROJECT / "benchmarks" / "recipe.py")
recipe = importlib.util.module_from_spec(spec)
spec.loader.exec_module(recipe)


def test_the_published_trial_is_the_published_training_whatever_is_the_default():
    on = recipe.trials("both")["all"]
    default = replace(TrainingSettings(), **on)
    assert replace(default, **recipe.OFF | recipe.trials("both")["published"]) == TrainingSettings()


def test_each_trial_differs_from_every_other():
    made = [replace(TrainingSettings(), **recipe.OFF | changes) for changes in recipe.trials("none").values()]
    assert len(set(made)) == len(made) == 14


@pytest.fixture
def options(tmp_path, load_config):
    load_config()
    return Namespace(
        cohorts=["chest"], variants=["spatial"], seeds=["0", "1"], trials=["published", "augmentation"],
        epochs=2, data=tmp_path / "data", results=tmp_path,
    )  # fmt: skip


def test_a_trial_is_a_file_and_is_not_computed_again(options, monkeypatch, capsys):
    asked = []

    def run(config, settings, seed, data):
        asked.append((settings.augmentation.flip, settings.epochs, seed))
        figures = {
            "macro_f1": 0.5 + 0.1 * len(asked),
            "loss": 1.0,
            "recall": {"NORMAL": 0.2, "PNEUMONIA": 0.9},
        }
        return {"selected_epoch": 1, "validation": figures}

    monkeypatch.setattr(recipe, "run", run)
    recipe.make(options)
    recipe.make(options)
    assert asked == [("none", 2, 0), ("horizontal", 2, 0), ("none", 2, 1), ("horizontal", 2, 1)]
    result = json.loads((options.results / "chest_spatial_augmentation_seed-1.json").read_text())
    assert (result["trial"], result["synthetic"], result["training"]["epochs"]) == ("augmentation", False, 2)
    capsys.readouterr()
    recipe.summarise(options.results)
    assert "chest spatial augmentation: macro_f1 0.800 ± 0.141, loss 1.000 ± 0.000, least recall 0.20" in (
        told := capsys.readouterr().out
    )
    assert "macro_f1 +0.100 over 2 seeds" in told
