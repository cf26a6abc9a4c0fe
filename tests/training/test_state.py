import numpy as np
import pytest

from s3f_pipeline.training.state import StateFolder, TrainingState


def state(epoch):
    arrays = {"model.0": np.full((2, 3), epoch, np.float32), "optimizer.0": np.array(epoch, np.int64)}
    return TrainingState(epoch, arrays, {"callbacks": [{"best": float("-inf")}], "rate": 0.1 + 0.2})


def test_what_is_written_is_read(tmp_path):
    folder = StateFolder(tmp_path / "state")
    assert folder.latest() is None
    folder.save(state(7))
    read = StateFolder(tmp_path / "state").latest()
    assert (read.epoch, read.facts) == (7, state(7).facts)
    assert read.arrays.keys() == state(7).arrays.keys()
    for name, array in state(7).arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array)
        assert read.arrays[name].dtype == array.dtype


def test_the_last_two_are_kept(tmp_path):
    folder = StateFolder(tmp_path)
    for epoch in (1, 2, 9, 10, 11):
        folder.save(state(epoch))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-000010.npz", "epoch-000011.npz"]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-200], lambda data: b"", lambda data: data[:300] + b"x" + data[301:]]
)
def test_a_damaged_state_gives_way_to_the_one_before(tmp_path, damage, caplog):
    folder = StateFolder(tmp_path)
    folder.save(state(1))
    folder.save(state(2))
    last = tmp_path / "epoch-000002.npz"
    last.write_bytes(damage(last.read_bytes()))
    assert folder.latest().epoch == 1
    assert "epoch-000002.npz is damaged" in caplog.text


def test_no_flipped_byte_is_a_dead_end_or_changes_what_is_read(tmp_path):
    folder = StateFolder(tmp_path)
    folder.save(state(2))
    path = tmp_path / "epoch-000002.npz"
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        read = folder.latest()
        if read is not None:
            assert read.facts == state(2).facts
            np.testing.assert_array_equal(read.arrays["model.0"], state(2).arrays["model.0"])
            np.testing.assert_array_equal(read.arrays["optimizer.0"], state(2).arrays["optimizer.0"])


def test_what_a_killed_process_left_is_removed(tmp_path):
    StateFolder(tmp_path).save(state(1))
    (tmp_path / ".epoch-000002.partial.npz").write_bytes(b"half")
    assert StateFolder(tmp_path).latest().epoch == 1
    assert len(list(tmp_path.iterdir())) == 1
