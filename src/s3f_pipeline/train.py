"""Train one network where there is no Kedro, MLflow or DVC: ``python -m s3f_pipeline.train <folder>``.

The folder is that of a job of ``kedro pack``. What comes of it, in the same folder, ``kedro run`` takes for
finished. The same command goes on where it was stopped.
"""

import argparse
import json
import logging
import math
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from s3f_pipeline.errors import LockedError, TrainingError
from s3f_pipeline.failures import explain
from s3f_pipeline.files import FileContent, atomic_path, begin_scratch, require_writable
from s3f_pipeline.keras_defaults import set_keras_defaults
from s3f_pipeline.logs import LineFormatter
from s3f_pipeline.pipelines.dependencies import Dependencies
from s3f_pipeline.pipelines.interrupts import signals_as_errors
from s3f_pipeline.pipelines.jobs import FOLDER, Job
from s3f_pipeline.pipelines.records import StageRecord, time_of_record
from s3f_pipeline.process_group import this_process
from s3f_pipeline.results.training import TrainingFacts

RECORD = "training.record.json"
OUTPUTS = {"model": "model.keras", "history": "history.csv", "training": "training.json"}
COPIED = ("history", "training")
OTHER_PLACE = "carry the data to another folder"
logger = logging.getLogger("s3f_pipeline.train")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the network of one job.

    Args:
        arguments: Of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m s3f_pipeline.train", description=__doc__)
    parser.add_argument("folder", type=Path, help=f"of a job: <data>/{FOLDER}")
    folder = parser.parse_args(arguments).folder
    set_keras_defaults()
    try:
        with _shown_log(), signals_as_errors():
            train_job(folder)
    except Exception as error:
        told = explain(error, other_place=OTHER_PLACE)
        if told is None:
            raise
        told.show()
        if "--params" in told.message:
            print("(--params are those of kedro pack.)", file=sys.stderr)
        sys.exit(told.exit_code)


def train_job(folder: Path) -> None:
    """Do a job, unless it is done, and note that it is.

    Args:
        folder: Of the job.

    Raises:
        S3FError: If it cannot be done here, or is not the one that was packed.
    """
    if this_process().count > 1:
        raise TrainingError(
            "Several processes train one network by kedro run alone (docs/gpus.md). Start one process; it "
            "takes all GPUs of its host."
        )
    job = Job.read(folder)
    data_root = job.data_root(folder)
    with _alone(data_root, job):
        now = job.dependencies_here(data_root)
        if why := why_unfinished(folder, job, now):
            logger.info("Running: training of %s (%s)", job.namespace, why)
            _train(folder, data_root, job, now, why)
        else:
            logger.info("Finished before: training of %s", job.namespace)
    logger.info(
        "Carry %s back to the same place, and go on there: kedro run --pipeline=%s", folder, job.pipeline
    )


def why_unfinished(folder: Path, job: Job, now: Dependencies) -> str | None:
    """Say why a job has to be done; ``None`` if it is done."""
    path = folder / RECORD
    if not path.is_file():
        return "it has not been finished yet"
    try:
        record = StageRecord.read(json.loads(path.read_bytes()))
    except ValueError:
        record = None
    if record is None or record.dependencies is None:
        return f"{path} cannot be read"
    if changes := record.dependencies.changes(now):
        return changes[0]
    for noun, name in OUTPUTS.items():
        if difference := record.outputs[f"{job.namespace}.{noun}"].difference(folder / name):
            return f"{folder / name} {difference}"
    return None


def _train(folder: Path, data_root: Path, job: Job, now: Dependencies, why: str) -> None:
    import numpy as np
    import pandas as pd

    from s3f_pipeline.training.experiment import check_training, train

    index = pd.read_parquet(data_root / job.files["index"])
    images = np.load(data_root / job.files["images"], mmap_mode="r")
    splits = pd.read_parquet(data_root / job.files["splits"])
    for name in (*OUTPUTS.values(), RECORD):
        require_writable(folder / name)
    check_training(job.experiment, index, images, splits)
    state = folder / "state"
    begin_scratch(state, now.fingerprint)
    model, history, facts = train(job.experiment, index, images, splits, state, max_hours=math.inf)
    facts |= {"git_commit": job.git_commit, "git_dirty": job.git_dirty, "mlflow_run_id": None}
    with atomic_path(folder / OUTPUTS["model"]) as temporary:
        model.save(temporary)
    with atomic_path(folder / OUTPUTS["history"]) as temporary:
        history.to_csv(temporary, index=False)
    with atomic_path(folder / OUTPUTS["training"]) as temporary:
        temporary.write_text(json.dumps({"schema_version": TrainingFacts.VERSION, **facts}, indent=1))
    _write_record(folder, job, now, why)
    shutil.rmtree(state)
    logger.info("Trained: %s, epoch %d kept", folder, facts["selected_epoch"])


def _write_record(folder: Path, job: Job, now: Dependencies, why: str) -> None:
    record = StageRecord(
        stage="training",
        dependencies=now,
        reason=why,
        outputs={f"{job.namespace}.{noun}": FileContent.of(folder / name) for noun, name in OUTPUTS.items()},
        copies={f"{job.namespace}.{noun}": (folder / OUTPUTS[noun]).read_bytes().decode() for noun in COPIED},
        finished=time_of_record(),
        package_version=job.package_version,
        elsewhere=True,
    )
    with atomic_path(folder / RECORD) as temporary:
        temporary.write_text(json.dumps(record.content(), indent=1))


@contextmanager
def _alone(data_root: Path, job: Job) -> Iterator[None]:
    """Let no second process do the same job.

    Raises:
        LockedError: If one does it.
    """
    locks = data_root / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(locks / f"{job.namespace}.{Path(job.folder).name}.lock").acquire(timeout=0):
            yield
    except Timeout as error:
        raise LockedError(
            f"Another process is working on {job.namespace}. Wait for it, or stop it."
        ) from error


@contextmanager
def _shown_log() -> Iterator[None]:
    """Show what a user wants to know, as ``kedro run`` does."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LineFormatter(logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S")))
    ours = logging.getLogger("s3f_pipeline")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield
    finally:
        ours.removeHandler(handler)


if __name__ == "__main__":
    main()
