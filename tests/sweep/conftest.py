import sys

import pytest
from result_files import metrics_file, write_run

from s3f_pipeline.config.names import Experiment
from s3f_pipeline.sweep.plan import Run
from s3f_pipeline.sweep.records import RunFiles
from s3f_pipeline.sweep.task import Task


@pytest.fixture
def make_run():
    def make(seed=0, fold=None, cohort="brisc", variant="spatial") -> Run:
        return Run(Experiment(cohort, "patient_safe", variant), seed, fold)

    return make


@pytest.fixture
def write_result(tmp_path):
    """Write what a finished run leaves."""

    def write(run: Run, **test) -> None:
        write_run(tmp_path, run.id, metrics=metrics_file(run.id, **test))

    return write


@pytest.fixture
def make_task(make_run, tmp_path):
    """A task whose command is a few lines of Python."""

    def make(code: str, seed=0, **environment) -> Task:
        files = RunFiles.of(make_run(seed), tmp_path / "sweep")
        return Task([sys.executable, "-c", code], files, tmp_path, environment)

    return make
