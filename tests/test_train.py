"""What ``python -m s3f_pipeline.train`` refuses, each in one line."""

import errno
import json
import os
import shutil
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from s3f_pipeline import train
from s3f_pipeline.errors import TrainingError
from s3f_pipeline.files import sha256_of
from s3f_pipeline.images.store import publish_store
from s3f_pipeline.pipelines import jobs
from s3f_pipeline.pipelines.code import code_of
from s3f_pipeline.pipelines.dependencies import Dependencies
from s3f_pipeline.pipelines.jobs import JOB, NODES, Job
from s3f_pipeline.pipelines.records import StageRecord
from s3f_pipeline.process_group import Process
from s3f_pipeline.training import experiment

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")
FOLDER = "06_models/brisc/patient_safe/spatial/seed-0"
FILES = {
    "images": "03_primary/brisc/images_16x16.npy",
    "image_checksums": "03_primary/brisc/images_16x16.json",
    "index": "02_intermediate/brisc/index.parquet",
    "splits": "05_model_input/brisc/patient_safe/splits.parquet",
}


@pytest.fixture(autouse=True)
def _precision_as_before():
    """A training sets the precision of its process."""
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.fixture
def job(tmp_path, load_config) -> Job:
    """A job on another machine, of 12 images and one epoch."""
    config = load_config(image_size=16, training={"epochs": 1}).experiment("brisc", "patient_safe", "spatial")
    ids = [f"image{n:02d}" for n in range(12)]
    index = pd.DataFrame({"image_id": ids, "label": CLASSES * 3, "sha256": ids})
    sides = np.repeat(["train", "validation", "test"], 4)
    splits = pd.DataFrame({"image_id": ids, "group": ids, "split": sides, "guarantee": "none"})
    paths = {noun: tmp_path / name for noun, name in FILES.items()}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    index.to_parquet(paths["index"])
    splits.to_parquet(paths["splits"])
    temporary = paths["images"].with_name("temporary.npy")
    np.save(temporary, np.random.default_rng(0).integers(0, 256, (12, 16, 16, 1), np.uint8))
    publish_store(temporary, paths["images"], index)
    parameters = {"network": config.network}
    job = Job(
        pipeline="brisc_spatial",
        namespace="brisc.patient_safe.spatial",
        folder=FOLDER,
        files=FILES,
        entries={noun: f"brisc.{noun}" for noun in FILES},
        experiment=config,
        dependencies=Dependencies(
            parameters=parameters,
            inputs={f"brisc.{noun}": sha256_of(paths[noun]) for noun in ("images", "index", "splits")},
            code=code_of("training", NODES, "brisc", parameters).code,
            packages={},
            nodes={},
        ),
        git_commit="0" * 40,
        git_dirty=False,
        package_version="0.1.0",
    )
    job.write(tmp_path)
    return job


@pytest.fixture
def refused(tmp_path, job, capsys):
    """Run the job, which ends with one line of explanation."""

    def run(folder=FOLDER) -> str:
        with pytest.raises(SystemExit) as ended:
            train.main([str(tmp_path / folder)])
        assert ended.value.code == 1
        told = capsys.readouterr().err
        assert told.count("Error: ") == 1
        assert "Traceback" not in told
        return told

    return run


def test_a_job_is_done_once_and_noted(tmp_path, job, capsys):
    for words in ("Running: training of brisc.patient_safe.spatial", "Finished before: "):
        train.main([str(tmp_path / FOLDER)])
        assert words in capsys.readouterr().out
    record = StageRecord.read(json.loads((tmp_path / FOLDER / train.RECORD).read_text()))
    assert record.elsewhere
    assert record.dependencies.inputs == job.dependencies.inputs
    assert record.dependencies.packages["backend"].startswith("tensorflow ")
    facts = json.loads((tmp_path / FOLDER / "training.json").read_text())
    assert (facts["git_commit"], facts["epochs_run"], facts["mlflow_run_id"]) == ("0" * 40, 1, None)
    assert not (tmp_path / FOLDER / "state").exists()
    (tmp_path / FOLDER / "model.keras").write_bytes(b"damaged")
    folder, here = tmp_path / FOLDER, job.dependencies_here(tmp_path)
    assert "model.keras was" in train.why_unfinished(folder, job, here)
    other = replace(here, parameters={"network": "bilinear_sn1"})
    assert train.why_unfinished(folder, job, other) == "parameter network spatial → bilinear_sn1"
    (folder / train.RECORD).write_text("damaged")
    assert "cannot be read" in train.why_unfinished(folder, job, here)


def test_a_folder_without_a_job(refused):
    told = refused("03_primary")
    assert "job.json. Name the folder of a job" in told
    assert "kedro pack --pipeline=<cohort>_<network>" in told


@pytest.mark.parametrize("noun", FILES)
def test_what_was_not_carried_is_named(tmp_path, refused, noun):
    (tmp_path / FILES[noun]).unlink()
    assert f"{tmp_path / FILES[noun]} is not there. Carry it" in refused()


@pytest.mark.parametrize("noun", ["images", "index", "splits"])
def test_what_is_not_as_it_was_packed_is_named(tmp_path, refused, noun):
    path = tmp_path / FILES[noun]
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    assert f"{path} is not the file that brisc_spatial was packed with" in refused()


def test_checksums_of_another_store(tmp_path, refused):
    path = tmp_path / FILES["image_checksums"]
    path.write_text(path.read_text().replace('"sha256": "', '"sha256": "0'))
    assert "does not fit the checksums beside it" in refused()


def test_the_job_of_another_variant(tmp_path, refused):
    other = tmp_path / FOLDER.replace("spatial", "bilinear")
    shutil.copytree(tmp_path / FOLDER, other)
    assert f"is the job of brisc_spatial and belongs into <data>/{FOLDER}" in refused(
        other.relative_to(tmp_path)
    )


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda text: text[:-20], "is damaged, or of another release"),
        (lambda text: text.replace('"epochs": 1', '"epochs": 2'), "was edited or is damaged"),
        (lambda text: text.replace('"seed": 0', '"seed": "0"'), "is damaged, or of another release"),
    ],
)
def test_a_job_that_is_not_as_it_was_written(tmp_path, refused, edit, words):
    path = tmp_path / FOLDER / JOB
    path.write_text(edit(path.read_text()))
    assert words in refused()


def test_other_code(refused, monkeypatch):
    def other(*arguments):
        found = code_of(*arguments)
        return replace(found, code={**found.code, "training/fit.py": "0"})

    monkeypatch.setattr(jobs, "code_of", other)
    told = refused()
    assert "The code here is not that with which brisc_spatial was packed: training/fit.py of" in told


def test_a_full_disk(refused, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "model.keras")

    monkeypatch.setattr(experiment, "train", full)
    assert "The disk is full (model.keras). Make room and run the same command again" in refused()


def test_a_folder_that_cannot_be_written_to(tmp_path, refused):
    (tmp_path / FOLDER / "model.keras").mkdir()
    assert "model.keras is a folder, but a file belongs there" in refused()


def test_a_second_process(tmp_path, refused):
    (tmp_path / ".locks").mkdir()
    with FileLock(tmp_path / ".locks/brisc.patient_safe.spatial.seed-0.lock"):
        assert "Another process is working on brisc.patient_safe.spatial" in refused()


def test_several_processes(refused, monkeypatch):
    monkeypatch.setattr(train, "this_process", lambda: Process(1, 2))
    assert "Several processes train one network by kedro run alone" in refused()


def test_advice_of_parameters_says_whose(refused, monkeypatch):
    def advise(*_):
        raise TrainingError("Lower it by --params=training.batch_size=8.")

    monkeypatch.setattr(experiment, "check_training", advise)
    assert "(--params are those of kedro pack.)" in refused()
