import json
import os
import shutil

import pandas as pd
import pytest
from result_files import metrics_file, training_file, write_json, write_record, write_run

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.origins import table_hash
from s3f_pipeline.results import RunId, find_runs
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.records import CHECKSUM, checksum

RUN = RunId("brisc", "patient_safe", "spatial", 0)


def test_finished_runs_are_found_with_their_conditions(tmp_path):
    for run in (RUN._replace(seed=10), RUN._replace(seed=2, fold=1), RUN, RUN._replace(variant="concat")):
        write_run(tmp_path, run)
    write_run(tmp_path, RUN._replace(cohort="busi", protocol="published"))
    assert [run.id for run in find_runs(tmp_path)] == [
        RUN._replace(variant="concat"),
        RUN,
        RUN._replace(seed=2, fold=1),
        RUN._replace(seed=10),
        RUN._replace(cohort="busi", protocol="published"),
    ]
    assert [run.id.cohort for run in find_runs(tmp_path, protocol="published")] == ["busi"]
    assert len(find_runs(tmp_path, cohort="brisc", variant="spatial")) == 3
    assert find_runs(tmp_path / "elsewhere") == []
    conditions = find_runs(tmp_path, cohort="busi")[0].conditions
    assert (conditions.image_size, conditions.epochs, conditions.device_class) == ((16, 16), 1, "cpu")
    assert (conditions.package_version, conditions.synthetic) == ("0.1.0", True)


def test_predictions_are_read_when_they_are_asked_for(tmp_path):
    files = write_run(tmp_path, RUN)
    (run,) = find_runs(tmp_path)
    assert run.predictions()["p_a"].tolist() == [0.75]
    content = bytearray(files["predictions"].read_bytes())
    content[len(content) // 2] ^= 1
    status = files["predictions"].stat()
    files["predictions"].write_bytes(content)
    os.utime(files["predictions"], ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(ResultsError, match=r"predictions\.parquet was changed after it was written"):
        run.predictions()


def test_copied_files_are_whole(tmp_path):
    write_run(tmp_path / "one", RUN)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (run,) = find_runs(tmp_path / "two")
    assert len(run.predictions()) == 1


def edit(path, content):
    path.write_bytes(content)


def old_training(files):
    write_record(files["training_record"], "training", [files["training"]], "2026-01-01T10:06:00+00:00")


def edited_record(files):
    content = json.loads(files["evaluation_record"].read_text())
    write_json(files["evaluation_record"], {**content, "finished": "2026-02-02T00:00:00+00:00"})


def other_stage(files):
    content = {"stage": "reporting", "outputs": {}, "finished": "2026-02-02T00:00:00+00:00"}
    write_json(files["evaluation_record"], {**content, CHECKSUM: checksum(content)})


def training_of_before(files):
    facts, record = (files[name].read_bytes() for name in ("training", "training_record"))
    other = training_file(RUN)
    other["config"]["training"]["learning_rate"] = 1.0
    write_run(files["root"], RUN, day=2, training=other)
    files["training"].write_bytes(facts)
    files["training_record"].write_bytes(record)


@pytest.mark.parametrize(
    "undo",
    [
        lambda files: files["training_record"].unlink(),
        lambda files: files["evaluation_record"].unlink(),
        lambda files: edit(files["evaluation_record"], b"{"),
        lambda files: edit(files["evaluation_record"], b"[]"),
        edited_record,
        other_stage,
        old_training,
        training_of_before,
    ],
    ids=[
        "no training",
        "no evaluation",
        "damaged",
        "no record",
        "edited",
        "other stage",
        "trained again",
        "put back",
    ],
)
def test_a_run_has_finished_only_if_its_records_say_so(tmp_path, undo):
    undo(write_run(tmp_path, RUN) | {"root": tmp_path})
    assert find_runs(tmp_path) == []


@pytest.mark.parametrize("name", ["seed-00", "seed-٠", "seed-0 copy"])
def test_a_copy_of_a_run_is_not_another_run(tmp_path, name):
    write_run(tmp_path, RUN)
    folder = tmp_path / "07_model_output/brisc/patient_safe/spatial"
    shutil.copytree(folder / "seed-0", folder / name)
    assert [run.id for run in find_runs(tmp_path)] == [RUN]


@pytest.mark.parametrize(
    ("harm", "name", "words"),
    [
        (lambda path: path.unlink(), "metrics", "is missing"),
        (lambda path: edit(path, b""), "metrics", "is empty"),
        (lambda path: edit(path, path.read_bytes()[:-9]), "training", "was cut short or changed"),
        (lambda path: edit(path, path.read_bytes().replace(b"0.5", b"0.9")), "metrics", "was changed"),
        (lambda path: path.unlink(), "predictions", "is missing"),
    ],
)
def test_damage_is_named_and_others_are_read(tmp_path, harm, name, words):
    files = write_run(tmp_path, RUN)
    write_run(tmp_path, RUN._replace(seed=1))
    harm(files[name])
    with pytest.raises(ResultsError) as raised:
        find_runs(tmp_path)
    assert raised.value.message.startswith(f"{files[name]} {words}")
    assert "force=true" in raised.value.message
    told = []
    assert [run.id.seed for run in find_runs(tmp_path, damaged=told.append)] == [1]
    assert len(told) == 1


def test_metrics_of_another_run_are_refused(tmp_path):
    other = RUN._replace(seed=5)
    write_run(tmp_path, RUN, metrics=metrics_file(other), training=training_file(other))
    with pytest.raises(ResultsError, match="is of brisc spatial, patient_safe, seed 5, and lies where"):
        find_runs(tmp_path)
    write_run(tmp_path, RUN, metrics={**metrics_file(RUN), "selected_epoch": 2})
    with pytest.raises(ResultsError, match="not of one run: they differ in selected_epoch"):
        find_runs(tmp_path)


def test_the_audit_is_the_one_that_the_run_has_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Audit, "read", lambda path: path.read_text())
    file = write_json(tmp_path / "05_model_input/brisc/leakage_audit.json", {"images": 6})
    write_run(tmp_path, RUN, read={"brisc.leakage_audit": file})
    (run,) = find_runs(tmp_path)
    assert run.audit() == '{"images": 6}'
    write_json(file, {"images": 7})
    with pytest.raises(ResultsError, match=r"leakage_audit\.json is not that of brisc spatial"):
        run.audit()


def test_the_summary_of_the_split_is_of_the_split_that_was_trained_on(tmp_path):
    ids = [f"i{number}" for number in range(6)]
    index = pd.DataFrame({"image_id": ids, "sha256": ids, "label": list("ababab"), "subject": None})
    index = index.assign(official_split=None).astype("string")
    splits = pd.DataFrame({"image_id": ids, "group": ids, "split": ["train"] * 4 + ["test"] * 2})
    splits = splits.assign(reason=None).astype("string")
    for path, table in (
        ("02_intermediate/brisc/index.parquet", index),
        ("05_model_input/brisc/patient_safe/splits_fold-1.parquet", splits),
    ):
        table.attrs["schema_version"] = 1
        (tmp_path / path).parent.mkdir(parents=True)
        table.to_parquet(tmp_path / path)
    run = RUN._replace(fold=1)
    hashes = {
        "data": table_hash(index, ["image_id", "sha256", "label"]),
        "split": table_hash(splits, ["image_id", "group", "split"]),
    }
    metrics = {**metrics_file(run), "splits_hash": hashes["split"]}
    write_run(tmp_path, run, training=training_file(run, **hashes), metrics=metrics)
    (found,) = find_runs(tmp_path)
    summary = found.split_summary()
    assert (summary.train.images, summary.test.classes) == (4, {"a": 1, "b": 1})
    assert list(summary.sides) == ["train", "test"]
    splits.loc[0, "split"] = "test"
    splits.to_parquet(tmp_path / "05_model_input/brisc/patient_safe/splits_fold-1.parquet")
    with pytest.raises(ResultsError, match=r"splits_fold-1\.parquet is not that of brisc spatial"):
        found.split_summary()
