import hashlib
import os
import re

import pytest

from s3f_pipeline import files
from s3f_pipeline.files import (
    FileContent,
    atomic_folder,
    atomic_path,
    on_disk,
    sha256_of,
    stays_inside,
    temporary_path,
)


def test_the_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "new" / "file.json"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "file.json"
    target.write_text("old")

    def fail():
        with atomic_path(target) as temporary:
            temporary.write_text("ha")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_leftover_of_a_killed_process_is_replaced(tmp_path):
    target = tmp_path / "file.json"
    temporary_path(target).write_text("half")
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
    assert target.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_takes_the_place_of_the_old_one_when_it_is_whole(tmp_path):
    target = tmp_path / "bundle"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with atomic_folder(target) as folder:
        (folder / "inside").mkdir()
        (folder / "inside/new.txt").write_text("new")
        assert [path.name for path in target.iterdir()] == ["old.txt"]
    assert [path.name for path in target.rglob("*")] == ["inside", "new.txt"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path):
    target = tmp_path / "bundle"
    target.mkdir()
    (target / "old.txt").write_text("old")

    def fail():
        with atomic_folder(target) as folder:
            (folder / "new.txt").write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [path.name for path in target.iterdir()] == ["old.txt"]
    assert list(tmp_path.iterdir()) == [target]


def test_the_leftover_folders_of_a_killed_process_are_removed(tmp_path):
    for name in (".bundle.partial", ".bundle.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half.txt").write_text("half")
    with atomic_folder(tmp_path / "bundle") as folder:
        assert list(folder.iterdir()) == []
    assert list(tmp_path.iterdir()) == [tmp_path / "bundle"]


def test_the_ending_is_kept_and_the_name_hidden(tmp_path):
    temporary = temporary_path(tmp_path / "model.keras")
    assert temporary.suffix == ".keras"
    assert temporary.name.startswith(".")


def test_sha256(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256_of(tmp_path / "x") == hashlib.sha256(b"abc").hexdigest()


def test_a_name_is_found_in_the_form_that_the_disk_has(tmp_path):
    (tmp_path / "O\u0308dem" / "a\u0308.csv").parent.mkdir()
    (tmp_path / "O\u0308dem" / "a\u0308.csv").touch()
    assert on_disk(tmp_path, "\u00d6dem/\u00e4.csv") == tmp_path / "O\u0308dem" / "a\u0308.csv"
    assert on_disk(tmp_path, "nowhere/\u00e4.csv") == tmp_path / "nowhere" / "\u00e4.csv"
    (tmp_path / "\u00d6dem").mkdir()
    assert on_disk(tmp_path, "\u00d6dem") == tmp_path / "\u00d6dem"


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_bytes(b'{"accuracy": 0.5}')
    return path, FileContent.of(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"accuracy": 0.', r"was cut short or changed after it was written \(15 bytes, not 17\)"),
        (b"", "is empty"),
        (b'{"accuracy": 0.9}', "was changed after it was written"),
        (b'{"accuracy": 9.25}', r"was changed after it was written \(18 bytes, not 17\)"),
    ],
)
def test_what_has_become_of_a_file_is_said(written, content, words):
    path, before = written
    assert before.difference(path) is None
    path.write_bytes(content)
    assert re.fullmatch(words, before.difference(path))
    path.unlink()
    assert before.difference(path) == "is missing"


def test_a_change_that_hides_its_time_is_seen(written):
    path, before = written
    path.write_bytes(b'{"accuracy": 0.9}')
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns))
    assert path.stat().st_mtime_ns == before.mtime_ns
    assert before.difference(path) == "was changed after it was written"


def test_what_was_copied_or_restored_is_whole(written, tmp_path):
    path, before = written
    path.write_bytes(b"other")
    path.write_bytes(b'{"accuracy": 0.5}')
    assert path.stat().st_mtime_ns != before.mtime_ns
    assert before.difference(path) is None


def test_bytes_are_read_only_where_times_differ_unless_asked_for(written, monkeypatch):
    path, before = written
    hashed = []
    monkeypatch.setattr(files, "content_hash", lambda path: hashed.append(path) or before.sha256)
    assert before.difference(path) is None
    assert not hashed
    assert before.difference(path, hashed=True) is None
    assert hashed == [path]
    os.utime(path)
    assert before.difference(path) is None
    assert len(hashed) == 2


@pytest.mark.parametrize("path", ["a.png", "a/b.png", "./a.png", "a/...", "..a/b"])
def test_paths_that_stay_inside(path):
    assert stays_inside(path)


@pytest.mark.parametrize("path", ["/a.png", "../a.png", "a/../../b", "a/..", "C:/a.png", "C:a.png"])
def test_paths_that_lead_out(path):
    assert not stays_inside(path)


def test_a_file_that_can_be_written_is_left_as_it_is(tmp_path):
    (tmp_path / "model.keras").write_text("whole")
    files.require_writable(tmp_path / "model.keras")
    files.require_writable(tmp_path / "new" / "model.keras")
    assert (tmp_path / "model.keras").read_text() == "whole"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["model.keras", "new"]


def test_what_cannot_be_written_is_refused_as_writing_would(tmp_path):
    (tmp_path / "model.keras").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(IsADirectoryError) as caught:
        files.require_writable(tmp_path / "model.keras")
    assert caught.value.filename == str(tmp_path / "model.keras")
    with pytest.raises(FileExistsError):
        files.require_writable(tmp_path / "file" / "model.keras")
