import itertools

import pytest
from result_files import metrics_file, training_file, write_run

from s3f_pipeline.results import FinishedRun, RunId, find_runs


@pytest.fixture
def make_result(tmp_path):
    """A finished run as it is read; each finishes after those before it."""
    days = itertools.count(1)

    def make(seed=0, fold=None, *, data="d", split="s", epochs=1, **test) -> FinishedRun:
        run = RunId("brisc", "patient_safe", "spatial", seed, fold)
        training = training_file(run, data=data, split=split, epochs=epochs)
        metrics = {**metrics_file(run, **test), "splits_hash": split}
        write_run(tmp_path, run, day=next(days), training=training, metrics=metrics)
        return next(found for found in find_runs(tmp_path) if found.id == run)

    return make
