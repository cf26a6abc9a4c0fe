import made_bundles
import mlflow
import pytest

from s3f_pipeline.bundle.contents import CHECKSUMS
from s3f_pipeline.errors import TrackingError
from s3f_pipeline.tracking import journal as journal_module
from s3f_pipeline.tracking.delivery import Store
from s3f_pipeline.tracking.experiments import PROCESS_TAG
from s3f_pipeline.tracking.sending import open_store, send_journal


@pytest.fixture
def unlogged(tracked, monkeypatch):
    """A whole run of which MLflow has not heard anything."""
    monkeypatch.setattr(Store, "check", lambda store: (_ for _ in ()).throw(ConnectionError("down")))
    run = tracked.start("sqlite:///nowhere/mlflow.db")
    run.log_epoch(1, {"loss": 2.0, "accuracy": float("nan")})
    run.log_epoch(2, {"loss": 1.0, "accuracy": 0.5})
    run.set_tags({"backend": "tensorflow"})
    run.log_file(tracked.write("report.html"))
    run.log_metrics({"test_accuracy": 0.5})
    run.end("FINISHED")
    monkeypatch.undo()
    return tracked


def only_run(uri):
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("brisc").experiment_id])
    return client, run


def check_whole(uri, start, end):
    client, run = only_run(uri)
    assert run.info.run_name == "spatial"
    assert run.info.status == "FINISHED"
    assert (run.info.start_time, run.info.end_time) == (start, end)
    assert run.data.params == {"seed": "0"}
    assert {"protocol": "patient_safe", "backend": "tensorflow"}.items() <= run.data.tags.items()
    losses = client.get_metric_history(run.info.run_id, "epochs/loss")
    assert [(metric.step, metric.value) for metric in losses] == [(1, 2.0), (2, 1.0)]
    assert len(client.get_metric_history(run.info.run_id, "epochs/accuracy")) == 2
    assert run.data.metrics["test_accuracy"] == 0.5
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["report.html"]


def test_a_run_that_was_never_made_is_made_as_it_was(unlogged, uri):
    records = unlogged.journal.read().records
    (line,) = send_journal(unlogged.journal, open_store(uri, unlogged.folder))
    assert line.startswith("brisc, spatial: 7 records sent to run ")
    check_whole(uri, records[0]["time"], records[-1]["time"])
    assert not unlogged.journal.exists()
    assert send_journal(unlogged.journal, open_store(uri, unlogged.folder)) == []


class CutOffError(BaseException):
    """Ends a delivery as a crash would."""


@pytest.mark.parametrize("noted", [True, False])
def test_sending_that_is_cut_off_anywhere_goes_on_and_makes_nothing_twice(unlogged, uri, monkeypatch, noted):
    """Cut off after each record, before or after it is noted that it was delivered."""
    records = unlogged.journal.read().records
    mark = journal_module.Journal.mark

    def mark_and_crash(journal, delivered, run_id):
        if noted or delivered in tried:
            mark(journal, delivered, run_id)
        if delivered not in tried:
            tried.add(delivered)
            raise CutOffError

    tried: set[int] = set()
    monkeypatch.setattr(journal_module.Journal, "mark", mark_and_crash)
    store = open_store(uri, unlogged.folder)
    for _ in records:
        with pytest.raises(CutOffError):
            send_journal(unlogged.journal, store)
    send_journal(unlogged.journal, store)
    assert not unlogged.journal.exists()
    check_whole(uri, records[0]["time"], records[-1]["time"])


def log_bundle(run, folder, **changes):
    told = {"model": "brisc_spatial", "tags": {"licence": "CC BY 4.0"}, "description": "# A card"}
    run.log_bundle(folder / CHECKSUMS, **{**told, **changes})


def test_a_bundle_is_logged_and_registered_once_and_whole(tracked, uri, monkeypatch):
    """The first delivery dies while the model is on its way, the second before the version has its alias."""
    bundle = made_bundles.write(tracked.run_folder)
    run = tracked.start(uri)
    run_id = run.run_id
    for method in ("finalize_logged_model", "set_registered_model_alias"):
        with monkeypatch.context() as patch:
            patch.setattr(mlflow.MlflowClient, method, lambda *_: 1 / 0)
            log_bundle(run, bundle) if method.startswith("finalize") else run.set_tags({"a": "b"})
        run._next = 0.0  # its pause is over
    assert tracked.journal.exists()
    log_bundle(run, bundle)
    run.end("FINISHED")
    assert not tracked.journal.exists()
    client, run = only_run(uri)
    (model,) = client.search_logged_models([run.info.experiment_id])
    assert str(model.status) == "READY"
    assert model.source_run_id == run_id
    assert model.params == {"seed": "0"}
    assert [output.model_id for output in run.outputs.model_outputs] == [model.model_id]
    info = mlflow.models.Model.load(model.artifact_location.removeprefix("file://"))
    assert (info.model_id, info.run_id) == (model.model_id, run_id)
    (version,) = client.search_model_versions("name = 'brisc_spatial'")
    assert (version.run_id, version.description) == (run_id, "# A card")
    assert version.tags["licence"] == "CC BY 4.0"
    aliases = client.get_registered_model("brisc_spatial").aliases
    assert {alias: int(number) for alias, number in aliases.items()} == {"challenger": 1}


def test_a_bundle_in_a_folder_of_any_name_is_logged_and_not_registered_if_unasked(tmp_path, tracked, uri):
    odd = type(tracked)(tmp_path / "a%2Fb #x?y")
    run = odd.start(uri)
    log_bundle(run, made_bundles.write(odd.run_folder), model=None)
    run.end("FINISHED")
    assert not odd.journal.exists()
    client, run = only_run(uri)
    (model,) = client.search_logged_models([run.info.experiment_id])
    assert str(model.status) == "READY"
    assert client.search_registered_models() == []


def test_a_bundle_that_was_changed_is_left_out_with_a_warning(tracked, uri, caplog):
    bundle = made_bundles.write(tracked.run_folder)
    (bundle / "model_card.md").write_text("another card")
    run = tracked.start(uri)
    log_bundle(run, bundle)
    run.end("FINISHED")
    assert "a bundle is not logged" in caplog.text
    assert "model_card.md is not what it was" in caplog.text
    client, run = only_run(uri)
    assert client.search_logged_models([run.info.experiment_id]) == []
    assert client.search_registered_models() == []
    assert run.info.status == "FINISHED"


def test_a_file_that_is_missing_or_another_one_is_left_out_with_a_warning(unlogged, uri, caplog):
    unlogged.write("report.html", "the report of another run")
    send_journal(unlogged.journal, open_store(uri, unlogged.folder))
    assert "report.html is missing or has changed since" in caplog.text
    client, run = only_run(uri)
    assert client.list_artifacts(run.info.run_id) == []
    assert run.info.status == "FINISHED"


def without_end(tracked, process):
    """Rewrite a journal as a process leaves it that did not come to its end."""
    records = tracked.journal.read().records[:-1]
    records[0]["tags"][PROCESS_TAG] = process
    tracked.journal.remove()
    for record in records:
        tracked.journal.append(record)
    return records


def test_a_run_whose_process_was_killed_ends_as_killed(unlogged, uri):
    node = unlogged.journal.read().records[0]["tags"][PROCESS_TAG].split()[0]
    records = without_end(unlogged, f"{node} 999999999 1")
    send_journal(unlogged.journal, open_store(uri, unlogged.folder))
    _, run = only_run(uri)
    assert (run.info.status, run.info.end_time) == ("KILLED", records[-1]["time"])


def test_a_run_whose_process_lives_is_left_alone(unlogged, uri):
    records = unlogged.journal.read().records
    without_end(unlogged, records[0]["tags"][PROCESS_TAG])
    before = unlogged.journal.path.read_bytes()
    (line,) = send_journal(unlogged.journal, open_store(uri, unlogged.folder))
    assert "its process may still be at work" in line
    assert unlogged.journal.path.read_bytes() == before


def test_a_journal_without_a_whole_record_is_removed(tracked, uri):
    tracked.journal.path.write_text('{"kind": "sta')
    assert send_journal(tracked.journal, open_store(uri, tracked.folder)) == []
    assert not tracked.journal.exists()


def test_a_journal_whose_start_was_taken_out_is_named(unlogged, uri):
    lines = unlogged.journal.path.read_text().splitlines(keepends=True)
    unlogged.journal.path.write_text("".join(lines[1:]))
    with pytest.raises(
        TrackingError, match=r"unlogged\.jsonl does not begin with the start of a run.* 6 rec"
    ):
        send_journal(unlogged.journal, open_store(uri, unlogged.folder))


def test_two_runs_of_one_folder_are_sent_one_after_the_other(unlogged, uri, monkeypatch):
    """The second one was started while the store was still away."""
    monkeypatch.setattr(Store, "check", lambda store: (_ for _ in ()).throw(ConnectionError("down")))
    run = unlogged.start("sqlite:///nowhere/mlflow.db")
    run.log_epoch(1, {"loss": 3.0})
    run.end("FAILED")
    monkeypatch.undo()
    lines = send_journal(unlogged.journal, open_store(uri, unlogged.folder))
    assert [line.rpartition(" ")[2] for line in lines] == ["FINISHED", "FAILED"]
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("brisc").experiment_id
    runs = client.search_runs([experiment], order_by=["attributes.start_time ASC"])
    assert [run.info.status for run in runs] == ["FINISHED", "FAILED"]
    assert [run.data.metrics["epochs/loss"] for run in runs] == [1.0, 3.0]


def test_a_run_that_was_begun_elsewhere_is_kept_and_its_store_named(unlogged, uri):
    unlogged.journal.mark(1, "0" * 32)
    with pytest.raises(TrackingError, match="Its run was begun in sqlite:///nowhere"):
        send_journal(unlogged.journal, open_store(uri, unlogged.folder))
    assert unlogged.journal.exists()


def test_a_store_that_does_not_answer_is_one_message(tmp_path):
    with pytest.raises(TrackingError, match=r"http://127\.0\.0\.1:9 does not answer .*nothing is lost"):
        open_store("http://user:word@127.0.0.1:9", tmp_path)
