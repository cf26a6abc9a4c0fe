"""Each kind of record reaches MLflow once, however often it is delivered."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED

from s3f_pipeline.files import sha256_of
from s3f_pipeline.process_identity import this_process
from s3f_pipeline.tracking import delivery, registry
from s3f_pipeline.tracking.delivery import KINDS, Store, deliver_journal
from s3f_pipeline.tracking.experiments import PROCESS_TAG
from s3f_pipeline.tracking.journal import Journal
from s3f_pipeline.tracking.names import safe_names


@pytest.fixture
def store(uri, tmp_path) -> Store:
    return Store(uri, tmp_path)


def start(**changes):
    return {
        "kind": "start", "time": 1_700_000_000_000, "experiment": "brisc", "name": "spatial",
        "params": {"seed": "0"}, "tags": {PROCESS_TAG: this_process()}, "run_id": None, **changes,
    }  # fmt: skip


@pytest.fixture
def run_id(store) -> str:
    return store.deliver(start(), None)


def metrics(step, **values):
    return {"kind": "metrics", "time": 1_700_000_000_000 + step, "step": step, "values": values}


def test_a_start_makes_one_run_as_it_was(store):
    first = store.deliver(start(), None)
    assert store.deliver(start(), None) == first
    run = store.client.get_run(first)
    assert (run.info.run_name, run.info.start_time) == ("spatial", 1_700_000_000_000)
    assert run.data.params == {"seed": "0"}
    assert store.deliver(start(time=1_700_000_000_001), None) != first


def test_a_start_goes_on_with_a_run_and_leaves_its_parameters(store):
    first = store.deliver(start(), None)
    store.deliver({"kind": "end", "time": 1_700_000_000_009, "status": "KILLED"}, first)
    later = start(run_id=first, time=1_700_000_000_010, params={"seed": "1"})
    assert store.deliver(later, None) == first
    run = store.client.get_run(first)
    assert run.info.status == "RUNNING"
    assert run.data.params == {"seed": "0"}


def test_an_epoch_is_told_once(store, uri, run_id, tmp_path):
    for record in (metrics(1, loss=2.0), metrics(2, loss=1.0), metrics(1, loss=2.0)):
        store.deliver(record, run_id)
    Store(uri, tmp_path).deliver(metrics(2, loss=1.0), run_id)
    assert [(m.step, m.value) for m in store.client.get_metric_history(run_id, "loss")] == [
        (1, 2.0),
        (2, 1.0),
    ]


def test_final_figures_tags_and_the_end(store, run_id):
    for _ in range(2):
        store.deliver(metrics(0, test_accuracy=0.5), run_id)
        store.deliver({"kind": "tags", "time": 1, "values": {"backend": "tensorflow"}}, run_id)
        store.deliver({"kind": "end", "time": 1_700_000_000_009, "status": "FAILED"}, run_id)
    run = store.client.get_run(run_id)
    assert run.data.metrics == {"test_accuracy": 0.5}
    assert len(store.client.get_metric_history(run_id, "test_accuracy")) == 1
    assert run.data.tags["backend"] == "tensorflow"
    assert (run.info.status, run.info.end_time) == ("FAILED", 1_700_000_000_009)


def test_a_file_goes_to_its_folder_as_long_as_it_is_the_same(store, run_id, tmp_path, caplog):
    path = tmp_path / "plot.png"
    path.write_text("a plot")
    record = {"kind": "file", "time": 1, "path": path.name, "sha256": sha256_of(path), "folder": "evaluation"}
    store.deliver(record, run_id)
    assert [file.path for file in store.client.list_artifacts(run_id, "evaluation")] == [
        "evaluation/plot.png"
    ]
    path.write_text("another plot")
    store.deliver({**record, "folder": None}, run_id)
    assert "plot.png is missing or has changed since; it is not logged" in caplog.text
    assert [file.path for file in store.client.list_artifacts(run_id)] == ["evaluation"]


def test_what_is_refused_costs_nothing_else(store, run_id, caplog, monkeypatch):
    """More than MLflow takes at a time, one of them with a name that it refuses."""
    monkeypatch.setattr(delivery, "safe_names", dict)
    names = [f"f1_{number}" for number in range(250)]
    names[120] = "f1_(120)"
    store.deliver(metrics(0, **dict.fromkeys(names, 0.5)), run_id)
    assert set(store.client.get_run(run_id).data.metrics) == set(names) - {"f1_(120)"}
    assert caplog.text.count("MLflow refuses some metrics") == 1


def test_a_run_that_the_store_does_not_know_is_a_failure(store):
    with pytest.raises(Exception, match="not found") as unknown:
        store.deliver(metrics(1, loss=1.0), "0" * 32)
    assert delivery.is_unknown(unknown.value)


@pytest.fixture(scope="module")
def own_database(empty_database, tmp_path_factory):
    return Path(shutil.copy(empty_database, tmp_path_factory.mktemp("names") / "mlflow.db"))


@settings(max_examples=5)
@given(st.lists(st.text(st.characters(), min_size=1, max_size=12), min_size=1, max_size=5, unique=True))
def test_any_class_reaches_a_store(own_database, classes):
    store = Store(f"sqlite:///{own_database}", own_database.parent)
    run_id = store.client.create_run("0").info.run_id
    values = {f"test_f1_{name}": number / 10 for number, name in enumerate(classes)}
    store.deliver(metrics(0, **values), run_id)
    assert store.client.get_run(run_id).data.metrics == pytest.approx(safe_names(values))


def test_a_journal_stays_while_its_run_is_open_and_goes_with_its_end(store, tmp_path):
    journal = Journal(tmp_path / "run" / "unlogged.jsonl")
    for record in (start(), metrics(1, loss=1.0)):
        journal.append(record)
    told = list(deliver_journal(journal, store))
    assert [record["kind"] for record, _ in told] == ["start", "metrics"]
    assert journal.read().is_delivered
    journal.append({"kind": "end", "time": 1_700_000_000_009, "status": "FINISHED"})
    ((record, run_id),) = deliver_journal(journal, store)
    assert (record["kind"], run_id) == ("end", told[0][1])
    assert not journal.exists()
    assert MlflowClient(store.uri).get_run(run_id).info.status == "FINISHED"


def test_a_registry_that_may_not_be_written_costs_nothing_else(store, run_id, caplog, monkeypatch):
    def refuse(*_, **__):
        raise MlflowException("no", PERMISSION_DENIED)

    monkeypatch.setattr(registry, "place", refuse)
    record = {"kind": "alias", "time": 1, "model": "m", "bundle": "b", "alias": "champion", "reason": "r"}
    assert store.deliver(record, run_id) == run_id
    assert "MLflow refuses some alias" in caplog.text
    monkeypatch.setattr(type(store.client), "log_batch", refuse)
    with pytest.raises(MlflowException):
        store.deliver({"kind": "tags", "time": 1, "values": {"a": "b"}}, run_id)


def test_a_record_of_another_release_is_left_out(store, run_id, caplog):
    store.deliver({"kind": "model", "time": 1, "path": "model.keras"}, run_id)
    assert "a record of another release (model) is left out" in caplog.text


def test_every_kind_of_record_says_what_it_holds():
    assert all(deliver.__doc__ for deliver in KINDS.values())
