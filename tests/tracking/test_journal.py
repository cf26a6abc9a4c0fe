import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.errors import TrackingError
from s3f_pipeline.process_identity import this_process
from s3f_pipeline.tracking import run as run_module
from s3f_pipeline.tracking.experiments import PROCESS_TAG
from s3f_pipeline.tracking.journal import NAME, Journal, find_journals
from s3f_pipeline.tracking.run import TrackedRun


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "06_models/brisc/patient_safe/spatial/seed-0" / NAME)


def start(process: str) -> dict:
    return {"kind": "start", "time": 1, "tags": {PROCESS_TAG: process}}


def test_records_come_back_in_order(journal):
    assert not journal.exists()
    for step in range(3):
        journal.append({"kind": "metrics", "time": 1, "step": step})
    journal.mark(2, "a")
    backlog = journal.read()
    assert [record["step"] for record in backlog.records] == [0, 1, 2]
    assert (backlog.delivered, backlog.run_id) == (2, "a")
    journal.remove()
    assert not journal.exists()


def test_a_torn_line_is_ignored_and_the_next_one_is_whole(journal):
    journal.append({"kind": "metrics", "time": 1, "step": 0})
    with journal.path.open("a") as file:
        file.write('{"kind": "metr')
    assert len(journal.read().records) == 1
    journal.append({"kind": "metrics", "time": 1, "step": 1})
    assert [record["step"] for record in journal.read().records] == [0, 1]


def test_figures_that_are_no_numbers_come_back(journal):
    journal.append({"kind": "metrics", "time": 1, "values": {"loss": float("nan"), "auc": float("inf")}})
    (record,) = journal.read().records
    assert record["values"]["loss"] != record["values"]["loss"]
    assert record["values"]["auc"] == float("inf")


def test_a_run_may_live_until_it_ends_or_its_process_does(journal):
    node = this_process().split()[0]
    journal.append(start(f"{node} 999999999 1"))
    assert not journal.read().may_live
    journal.append(start(this_process()))
    assert journal.read().may_live
    journal.append({"kind": "end", "time": 2, "status": "FINISHED"})
    assert not journal.read().may_live


def test_a_run_is_ended_once_at_the_time_of_its_last_record(journal):
    journal.append(start(this_process()))
    journal.append({"kind": "metrics", "time": 5})
    journal.close()
    journal.close()
    assert journal.read().records[2:] == [{"kind": "end", "time": 5, "status": "KILLED"}]


def test_journals_are_found_below_the_data_folder(journal, tmp_path):
    assert not list(find_journals(tmp_path))
    journal.append({"kind": "metrics", "time": 1})
    assert [found.path for found in find_journals(tmp_path)] == [journal.path]


@given(st.lists(st.text(), min_size=1), st.data())
def test_whatever_is_cut_off_the_file_the_rest_can_be_read(names, data):
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / NAME)
        for name in names:
            journal.append({"kind": name, "time": 1})
        content = journal.path.read_bytes()
        kept = data.draw(st.integers(0, len(content)))
        journal.path.write_bytes(content[:kept])
        left = [record["kind"] for record in journal.read().records]
        assert left == names[: content[:kept].count(b"\n")]


class MoodyStore:
    """A store that is there or not as ``up`` says, and remembers what it was told."""

    def __init__(self, uri, folder):
        self.uri, self.folder = uri, folder
        self.up, self.left, self.told = True, 10**9, []
        self.journal = Journal(folder / "run" / NAME)

    def check(self):
        if not self.up:
            raise ConnectionError("down")

    def deliver(self, record, run_id):
        if self.left == 0:
            raise ConnectionError("died in the middle")
        assert record in self.journal.read().records  # before MLflow is told
        self.left -= 1
        self.told.append(record)
        return "run"


events = st.one_of(
    st.just("log"),
    st.just("down"),
    st.just("up"),
    st.just("pause is over"),
    st.integers(0, 3),  # the store dies after so many more records
)


@given(st.lists(events), st.booleans())
def test_every_record_arrives_once_and_in_order(events, up_at_the_start):
    clock = [0.0]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module.time, "monotonic", lambda: clock[0])
        store = MoodyStore("sqlite:///x", Path(folder))
        store.up = up_at_the_start
        patch.setattr(run_module, "Store", lambda uri, folder: store)
        run = TrackedRun()
        run.start(
            "sqlite:///x",
            Path(folder),
            "brisc",
            "spatial",
            params={},
            tags={},
            run_folder=Path(folder) / "run",
        )
        journal = Journal(Path(folder) / "run" / NAME)
        logged = 0
        for event in events:
            if event == "log":
                run.log_epoch(logged, {"loss": 1.0})
                logged += 1
            elif event == "pause is over":
                clock[0] += 10**6
            elif event in ("up", "down"):
                store.up, store.left = event == "up", 10**9
            else:
                store.left = event
            steps = [record["step"] for record in store.told if record["kind"] == "metrics"]
            assert steps == list(range(len(steps)))
            assert len(journal.read().records) == 1 + logged
        store.up, store.left = True, 10**9
        run.end("FINISHED")
        told = [record.get("step", record["kind"]) for record in store.told]
        assert told == ["start", *range(logged), "end"]
        assert not journal.exists()


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "start"}',
        '{"kind": "end", "status": "FINISHED"}',
        '{"kind": "start", "time": 1, "tags": {}}',
        '{"kind": "start", "time": 1, "tags": {"process": 7}}',
        '{"kind": "delivered", "count": "two", "run_id": "a"}',
        '{"kind": "delivered", "count": null, "run_id": "a"}',
        "[]",
        "7",
    ],
)
def test_an_edited_line_is_named(journal, line):
    journal.append(start(this_process()))
    with journal.path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(TrackingError, match=rf"{journal.path}, line 2, cannot be read"):
        journal.read()
