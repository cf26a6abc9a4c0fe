import pytest

from s3f_pipeline.catalog_types import ScratchFolderDataset


@pytest.fixture
def scratch(tmp_path):
    dataset = ScratchFolderDataset(filepath=str(tmp_path / "state"))
    dataset.begin("one")
    (dataset.load() / "epoch").write_text("1")
    return dataset


def test_what_belongs_to_the_same_stage_stays(scratch):
    scratch.begin("one")
    assert (scratch.load() / "epoch").is_file()


def test_another_stage_starts_empty(scratch):
    scratch.begin("other")
    assert not (scratch.load() / "epoch").exists()
    (scratch.load() / "epoch").write_text("1")
    scratch.begin("other")
    assert (scratch.load() / "epoch").is_file()


def test_what_nobody_owns_is_not_taken(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state/epoch").write_text("1")
    dataset = ScratchFolderDataset(filepath=str(tmp_path / "state"))
    dataset.begin("one")
    assert not (dataset.load() / "epoch").exists()


def test_what_cannot_be_removed_is_not_taken_for_current(scratch, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("read-only")

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(PermissionError):
        scratch.begin("other")


def test_it_is_taken_away(scratch):
    scratch.clear()
    assert not scratch.filepath.exists()
    scratch.clear()
