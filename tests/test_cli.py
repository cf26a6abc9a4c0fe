import errno
import os
import resource

import pytest
import yaml
from click.testing import CliRunner
from filelock import FileLock
from kedro.framework.session import KedroSession

from s3f_pipeline import failures
from s3f_pipeline.cli import cli, readable
from s3f_pipeline.config import loader as loader_module
from s3f_pipeline.errors import SplitError
from s3f_pipeline.files import atomic_path
from s3f_pipeline.pipeline_registry import LazyPipelines, register_pipelines
from s3f_pipeline.tracking.journal import NAME, Journal


def caused(outer, inner):
    outer.__cause__ = inner
    return outer


def test_our_own_error_is_found_below_others():
    ours = SplitError("one group stands on two sides")
    assert readable(caused(RuntimeError("wrapped"), ours)) is ours


def test_pipelines_are_listed_without_being_built(monkeypatch):
    listed = register_pipelines()
    monkeypatch.setattr(LazyPipelines, "__getitem__", lambda *_: pytest.fail("built"))
    done = CliRunner().invoke(cli, ["registry", "list"])
    assert done.exit_code == 0, done.output
    assert yaml.safe_load(done.output) == sorted(listed)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_what_to_do(number):
    full = OSError(number, os.strerror(number), "model.keras")
    message = readable(caused(RuntimeError("Failed while saving"), full)).message
    assert "The disk is full (model.keras). Make room and run the same command again" in message


@pytest.mark.parametrize(
    ("allowed", "told", "how"),
    [
        (2_097_152, "than the 2,097,152 bytes that `ulimit -f` allows", "Raise that limit"),
        (resource.RLIM_INFINITY, "than its file system allows", "Name another data_root"),
    ],
)
def test_a_file_that_is_too_large_says_whose_limit_it_is(monkeypatch, allowed, told, how):
    monkeypatch.setattr(failures, "getrlimit", lambda kind: (allowed, resource.RLIM_INFINITY))
    too_large = OSError(errno.EFBIG, "File too large", "model.keras")
    message = readable(caused(RuntimeError("Failed while saving"), too_large)).message
    assert message.startswith(f"model.keras would become larger {told} (File too large). {how}")
    assert "image_size" not in message


def test_anything_else_becomes_one_line():
    assert readable(ValueError("a\n  b")).message == "a b (ValueError)"


def test_a_place_that_cannot_be_written_to_is_named():
    refused = OSError(errno.EROFS, "Read-only file system", "data/03_primary/brisc")
    message = readable(caused(RuntimeError("Failed while saving"), refused)).message
    assert "data/03_primary/brisc cannot be written: Read-only file system." in message
    assert "conf/local/globals.yml" in message


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    (tmp_path / "metrics.json").mkdir()
    with pytest.raises(IsADirectoryError) as caught, atomic_path(tmp_path / "metrics.json") as temporary:
        temporary.write_text("{}")
    message = readable(caught.value).message
    assert message.startswith(f"{tmp_path / 'metrics.json'} is a folder, but a file belongs there. Move it")


def test_an_unknown_pipeline_is_named():
    """In Kedro's words: kedro.framework.session, ``run``."""
    told = (
        "Failed to find the pipeline named 'mine_bilinaer_published'. It needs to be generated and returned "
        "by the 'register_pipelines' function. Did you mean one of these instead?\n    mine_bilinear"
    )
    message = readable(ValueError(told)).message
    assert message.startswith("There is no pipeline 'mine_bilinaer_published'.")
    assert "no _published pipelines" in message
    assert message.endswith("Did you mean one of these instead?\n    mine_bilinear")
    assert readable(ValueError("Failed to find the pipeline named 'x'. …")).message == (
        "There is no pipeline 'x'. `kedro registry list` names all."
    )


class Loader(dict):
    """As much of a configuration loader as sending needs."""

    def __init__(self, data_root):
        super().__init__(mlflow={"server": {"mlflow_tracking_uri": f"sqlite:///{data_root}/mlflow.db"}})
        self.data_root = data_root


@pytest.fixture
def journal(tmp_path, monkeypatch) -> Journal:
    """What a project sees as the only journal of its data folder, once it is written to."""
    monkeypatch.setattr(KedroSession, "create", lambda env: type("", (), {"load_context": lambda _: None})())
    monkeypatch.setattr(loader_module, "current_loader", lambda: Loader(tmp_path))
    return Journal(tmp_path / "06_models/brisc/patient_safe/spatial/seed-0" / NAME)


def test_without_anything_unlogged_there_is_nothing_to_send(journal):
    done = CliRunner().invoke(cli, ["send-runs"])
    assert (done.exit_code, done.output) == (0, f"Nothing to send below {journal.path.parents[5]}.\n")


def test_an_experiment_at_work_is_left_alone(journal, tmp_path):
    journal.append({"kind": "metrics", "time": 1})
    with FileLock(tmp_path / ".locks/brisc.patient_safe.spatial.seed-0.lock"):
        done = CliRunner().invoke(cli, ["send-runs"])
    assert done.exit_code == 0
    assert "is left alone: a process is at work on its experiment" in done.output
    assert journal.exists()


def test_what_cannot_be_sent_is_said_and_the_exit_code_tells(journal):
    journal.path.parent.mkdir(parents=True)
    journal.path.write_text("not what we write\n")
    done = CliRunner().invoke(cli, ["send-runs"])
    assert done.exit_code == 1
    assert "unlogged.jsonl, line 1, cannot be read" in done.output
    assert "Not everything was sent" in done.output
