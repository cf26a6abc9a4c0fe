import hashlib
import json
import re
from dataclasses import replace

import pytest
from filelock import FileLock
from finished_files import Files
from kedro.io import MemoryDataset
from kedro.runner import SequentialRunner, ThreadRunner

from s3f_pipeline.catalog_types import FileDataset, UnusableFileError
from s3f_pipeline.config.loader import ProjectConfigLoader
from s3f_pipeline.errors import ConfigError, LockedError, TrainingError
from s3f_pipeline.hooks import RunnerHooks
from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines import runner
from s3f_pipeline.pipelines.locks import reading
from s3f_pipeline.pipelines.records import StageRecord
from s3f_pipeline.pipelines.runner import StageRunner, _pipeline_of, _refuse_part
from s3f_pipeline.pipelines.stages import EXPERIMENT_STAGES, stages_of

PIPELINE = "brisc_spatial"
EXPERIMENT = "brisc.patient_safe.spatial"
READ = ["index", "256x256.images", "groups"]
METRICS = "patient_safe.spatial.metrics"
DAMAGES = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-5]),
    "flipped": lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
    "edited": lambda path: path.write_bytes(path.read_bytes().replace(b"0", b"9.25")),
    "emptied": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
}


@pytest.fixture
def files(load_config, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "_check_training", lambda stage, catalog: None)
    monkeypatch.setattr(ProjectConfigLoader, "data_root", tmp_path)
    files = Files(load_config(), tmp_path, PIPELINE)
    assert len(files.run()) == 8  # what ingestion has written along is not run
    assert files.run() == []
    return files


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_named_and_made_again_and_nothing_else(files, damage, caplog):
    for stage in files.stages:
        if stage.is_looked_at_each_time:
            continue
        for name in sorted(stage.pipeline.all_outputs() | {stage.record}):
            path = files.path(name)
            before = path.read_bytes()
            DAMAGES[damage](path)
            caplog.clear()
            ran = files.run()
            can_be_restored = name in (f"{EXPERIMENT}.history", f"{EXPERIMENT}.training")
            assert ran == ([] if can_be_restored else [stage.title]), name
            told = [record for record in caplog.records if str(path) in record.getMessage()]
            assert told, name
            if name != stage.record:
                assert path.read_bytes() == before
            assert files.run() == []


def test_a_byte_that_flips_without_a_change_of_times_is_noticed_before_it_is_read(files):
    """As bits on a disk do, of which the file system knows nothing."""
    path, record = files.path("brisc.index"), files.path("brisc.ingestion_record")
    DAMAGES["flipped"](path)
    found = StageRecord.read(json.loads(record.read_text()))
    times = {"mtime_ns": path.stat().st_mtime_ns, "ctime_ns": path.stat().st_ctime_ns}
    outputs = {**found.outputs, "brisc.index": replace(found.outputs["brisc.index"], **times)}
    record.write_text(json.dumps(replace(found, outputs=outputs).content()))
    files.path(f"{EXPERIMENT}.report").unlink()
    assert files.run() == ["ingestion of brisc", f"reporting of {EXPERIMENT}"]


def test_a_restored_file_counts_as_whole(files):
    path = files.path(f"{EXPERIMENT}.model")
    whole = path.read_bytes()
    path.write_bytes(b"other")
    training = files.stage(f"training of {EXPERIMENT}")
    assert not training.is_finished(files.catalog, training.dependencies(files.catalog))
    path.write_bytes(whole)
    assert files.run() == []


def test_a_record_of_another_experiment_puts_nothing_back(files):
    other = Files(files.loader, files.path(f"{EXPERIMENT}.model").parents[6], "brisc_concat")
    other.run()
    record, history = f"{EXPERIMENT}.training_record", other.path("brisc.patient_safe.concat.history")
    files.path(record).write_bytes(other.path("brisc.patient_safe.concat.training_record").read_bytes())
    history.write_text("made anew since\n")
    assert files.run() == [f"training of {EXPERIMENT}"]
    assert history.read_text() == "made anew since\n"


def test_a_stage_that_fails_keeps_its_record(files):
    path = files.path("brisc.256x256.images")
    whole = path.read_bytes()

    def fail(pipeline, catalog):
        raise OSError("no room")

    works, files.execute = files.execute, fail
    path.write_bytes(b"damaged")
    with pytest.raises(OSError, match="no room"):
        files.run(files.stages[1:])
    files.execute = works
    path.write_bytes(whole)
    assert files.run() == []


def test_a_training_that_is_refused_gives_up_no_state(files, monkeypatch):
    state = files.path(f"{EXPERIMENT}.training_state")
    state.mkdir(parents=True)
    (state / "stage.txt").write_text("of other parameters")
    (state / "epoch-000007.npz").touch()

    def refuse(stage, catalog):
        raise ConfigError("no such metric")

    monkeypatch.setattr(runner, "_check_training", refuse)
    files.catalog[f"params:{EXPERIMENT}.experiment"] = MemoryDataset({"network": "bilinear"})
    with pytest.raises(ConfigError, match="no such metric"):
        files.run()
    assert (state / "epoch-000007.npz").exists()
    monkeypatch.setattr(runner, "_check_training", lambda stage, catalog: None)
    files.run()
    assert not state.exists()


def test_changed_content_goes_on_to_what_reads_it(files):
    files.catalog["params:brisc.twins"] = MemoryDataset({"other": "twins"})
    assert files.run() == ["splitting of brisc"]  # the same groups come out
    files.catalog[f"params:{EXPERIMENT}.experiment"] = MemoryDataset({"network": "bilinear"})
    assert files.run() == [f"{name} of {EXPERIMENT}" for name in EXPERIMENT_STAGES if name != "importing"]


def test_a_stage_alone_names_the_damaged_file_and_the_command(files):
    evaluation = [files.stage(f"evaluation of {EXPERIMENT}")]
    files.path(f"{EXPERIMENT}.metrics").unlink()
    for name in ("brisc.index", "brisc.patient_safe.splits", "brisc.acquisition", f"{EXPERIMENT}.model"):
        path = files.path(name)
        whole = path.read_bytes()
        for damage in DAMAGES.values():
            damage(path)
            with pytest.raises(UnusableFileError) as error:
                files.run(evaluation)
            assert str(path) in error.value.message
            assert f"kedro run --pipeline={PIPELINE}" in error.value.message
            path.write_bytes(whole)
    assert files.run(evaluation) == [f"evaluation of {EXPERIMENT}"]


@pytest.mark.parametrize("damage", ["flipped", "emptied"])
def test_force_gets_out_of_everything(files, damage):
    for name in files.catalog:
        if isinstance(files.catalog[name], FileDataset) and files.path(name).exists():
            DAMAGES[damage](files.path(name))
    assert len(files.run(force=True)) == 8
    assert files.run() == []


def test_a_record_of_an_earlier_release_tells_outputs_and_no_dependencies(files, caplog):
    path = files.path("brisc.ingestion_record")
    record = json.loads(path.read_text())
    del record["checksum"], record["dependencies"], record["reason"]
    record |= {"fingerprint": "0" * 64, "package_version": "0.0.9"}
    record["checksum"] = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(record))
    assert files.stage("ingestion of brisc").damage(files.catalog, ["brisc.index"]) is None
    assert files.run() == ["ingestion of brisc"]
    assert "it was finished by another release (0.0.9), which did not note on what it depended" in caplog.text


def test_another_backend_trains_and_predicts_again(files, monkeypatch, caplog):
    pytest.importorskip("jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    stages = ("training", "evaluation", "explanation", "bundling")
    assert files.run() == [f"{name} of {EXPERIMENT}" for name in stages]
    assert re.search(r"training of \S+: backend tensorflow \S+ → jax \S+;", caplog.text)


@pytest.fixture
def trained_elsewhere(files):
    """The experiment, whose network another machine has trained with other packages."""
    path = files.path(f"{EXPERIMENT}.training_record")
    record = StageRecord.read(json.loads(path.read_text()))
    packages = {**record.dependencies.packages, "backend": "jax 0.11.0", "keras": "3.99.0"}
    dependencies = replace(record.dependencies, packages=packages)
    path.write_text(json.dumps(replace(record, dependencies=dependencies, elsewhere=True).content()))
    return files


def test_what_another_machine_has_trained_counts_as_finished(trained_elsewhere):
    assert trained_elsewhere.run() == []
    assert len(trained_elsewhere.run(force=True)) == 8
    assert trained_elsewhere.run() == []


@pytest.mark.parametrize("stage", ["training", "evaluation"])
def test_a_damaged_network_of_another_machine_is_named_and_kept(trained_elsewhere, stage):
    files = trained_elsewhere
    path = files.path(f"{EXPERIMENT}.model")
    path.write_bytes(b"damaged")
    files.path(f"{EXPERIMENT}.metrics").unlink()
    with pytest.raises(TrainingError, match=r"model.keras was cut short .* copy the folder again"):
        files.run([each for each in files.stages if each.name in (stage, "training")])
    assert path.read_bytes() == b"damaged"
    assert files.ran == []


def test_another_network_than_that_of_the_other_machine_is_not_trained_in_its_place(trained_elsewhere):
    files = trained_elsewhere
    files.catalog[f"params:{EXPERIMENT}.experiment"] = MemoryDataset({"network": "bilinear"})
    with pytest.raises(TrainingError, match=r"parameter network spatial → bilinear.*Nothing was changed"):
        files.run()
    assert files.ran == ["acquisition of brisc"]


def test_a_split_that_has_changed_since_is_named(trained_elsewhere):
    files = trained_elsewhere
    record = files.path(f"{EXPERIMENT}.training_record")
    found = StageRecord.read(json.loads(record.read_text()))
    inputs = {**found.dependencies.inputs, "brisc.patient_safe.splits": "0" * 64}
    other = replace(found, dependencies=replace(found.dependencies, inputs=inputs))
    record.write_text(json.dumps(other.content()))
    with pytest.raises(TrainingError, match="split changed"):
        files.run()


def test_the_record_says_why_the_stage_was_run(files):
    files.catalog[f"params:{EXPERIMENT}.experiment"] = MemoryDataset({"network": "bilinear"})
    files.run()
    reasons = {
        stage.name: StageRecord.read(files.catalog.load(stage.record)).reason
        for stage in files.stages
        if stage.is_experiment
    }
    assert reasons["training"].startswith("parameter network spatial → bilinear")
    files.path(f"{EXPERIMENT}.metrics").unlink()
    files.run()
    (evaluation,) = (stage for stage in files.stages if stage.name == "evaluation")
    record = StageRecord.read(files.catalog.load(evaluation.record))
    assert record.reason == f"{files.path(f'{EXPERIMENT}.metrics')} is missing"


def test_a_part_of_a_stage_is_refused(files):
    nodes = register_pipelines()[PIPELINE].only_nodes(f"{EXPERIMENT}.predict")
    (part,) = stages_of(nodes)
    with pytest.raises(ConfigError, match=r"evaluation of brisc.*left out.*measure.*--tags=evaluation"):
        _refuse_part(part, files.stages)


def test_every_stage_is_known_with_all_that_it_stands_on(load_config):
    loader = load_config()
    pipelines = register_pipelines()
    for name in (PIPELINE, "brisc_bilinear_published", "brisc_audit", "brisc_link_patients"):
        for stage in stages_of(pipelines[name]):
            known = {each.title: each for each in stages_of(pipelines[_pipeline_of(stage, loader)])}
            assert set(known[stage.title].pipeline.nodes) == set(stage.pipeline.nodes)
            written = {output for each in known.values() for output in each.pipeline.all_outputs()}
            read = {name for name in stage.pipeline.inputs() if not name.startswith("params:")}
            given = ("_root", "_folder", "_state", "_salt", "_runs")
            assert not {name for name in read - written if not name.endswith(given)}


@pytest.mark.parametrize(
    ("reader", "refused", "not_refused"),
    [
        ("brisc.patient_safe.bilinear.256x256.seed-3", [*READ, "patient_safe.splits"], [METRICS]),
        ("brisc.patient_safe.bilinear.64x64.seed-3", ["index", "patient_safe.splits"], ["256x256.images"]),
        ("brisc.patient_safe.bilinear.256x256.seed-3_fold-1", READ, ["patient_safe.splits"]),
        ("brisc.published.bilinear.256x256.seed-3", READ, ["patient_safe.splits"]),
        ("brisc_64.patient_safe.bilinear.64x64.seed-3", [], [*READ, "patient_safe.splits"]),
    ],
)
def test_what_a_running_experiment_reads_is_not_made_anew(files, reader, refused, not_refused):
    mark = FileLock(files.loader.data_root / ".locks" / f"reading.{reader}.lock")
    for name in refused:
        files.path(f"brisc.{name}").write_bytes(b"damaged")
        with mark, pytest.raises(LockedError, match=rf"brisc_\w+ \(seed-3.*is running.*{name[-5:]}"):
            files.run()
        assert len(files.run()) == 1
    for name in not_refused:
        files.path(f"brisc.{name}").write_bytes(b"damaged")
        with mark:
            assert len(files.run()) == 1


def test_an_experiment_is_not_kept_from_mending_what_it_reads_itself(files):
    with reading(files.loader, EXPERIMENT):
        files.path("brisc.index").unlink()
        assert files.run() == ["ingestion of brisc"]


def test_warnings_are_of_damage_alone(files, caplog):
    files.catalog["params:brisc.twins"] = MemoryDataset({"other": "twins"})
    assert files.run() == ["splitting of brisc"]
    told = [record.levelname for record in caplog.records if record.name == runner.__name__]
    assert told
    assert "WARNING" not in told


@pytest.mark.parametrize("other", [None, SequentialRunner(), ThreadRunner()])
def test_only_our_runner_changes_files(other):
    RunnerHooks().before_pipeline_run({"runner": str(StageRunner())})
    with pytest.raises(ConfigError, match="Leave --runner out"):
        RunnerHooks().before_pipeline_run({"runner": str(other)})


@pytest.mark.parametrize("name", ["model", "training_record"])
def test_an_output_that_cannot_be_written_is_known_before_the_work(files, name):
    path = files.path(f"{EXPERIMENT}.{name}")
    path.unlink()
    path.mkdir()
    with pytest.raises(IsADirectoryError, match=path.name):
        files.run()
    assert files.ran == ["acquisition of brisc"]
