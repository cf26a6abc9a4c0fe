import sys

import pytest

from s3f_pipeline.config.names import Experiment
from s3f_pipeline.sweep.plan import Run
from s3f_pipeline.sweep.records import RunFiles
from s3f_pipeline.sweep.summary import Result
from s3f_pipeline.sweep.task import Task


@pytest.fixture
def make_run():
    def make(seed=0, fold=None, cohort="brisc", variant="spatial") -> Run:
        return Run(Experiment(cohort, "patient_safe", variant), seed, fold)

    return make


@pytest.fixture
def make_result(make_run):
    def make(seed=0, fold=None, data="d", split="s", epochs=1, **test) -> Result:
        config = {"training": {"epochs": epochs}, "seed": seed, "fold": fold}
        metrics = {
            "cohort": "brisc",
            "protocol": "patient_safe",
            "variant": "spatial",
            "guarantee": {"test": {"x": {"near_duplicate": 10}}},
            "selection_split": "validation",
            "selected_on_test": False,
            "synthetic": True,
            "test": {"n": 10, "accuracy": 0.5, "macro_f1": 0.25, **test},
        }
        training = {"data_hash": data, "splits_hash": split, "config": config, "mlflow_run_id": None}
        return Result(make_run(seed, fold), training, metrics)

    return make


@pytest.fixture
def make_task(make_run, tmp_path):
    """A task whose command is a few lines of Python."""

    def make(code: str, seed=0, **environment) -> Task:
        files = RunFiles.of(make_run(seed), tmp_path / "sweep")
        return Task([sys.executable, "-c", code], files, tmp_path, environment)

    return make
