import numpy as np
import pytest

from s3f_pipeline.training.state import StateFolder, TrainingState


def state(epoch):
    variables = [np.full((2, 3), epoch, np.float32), np.array(epoch, np.int64)]
    history = [{"epoch": number, "loss": 0.1 + 0.2, "f1": float("-inf")} for number in range(1, epoch + 1)]
    return TrainingState(history, variables, [np.ones(2, np.float32)], {"device": "CPU"})


def assert_same(one, other):
    assert (one.epoch, one.history, one.circumstances) == (other.epoch, other.history, other.circumstances)
    for kind in ("variables", "best_weights"):
        for first, second in zip(getattr(one, kind), getattr(other, kind), strict=True):
            np.testing.assert_array_equal(first, second)
            assert first.dtype == second.dtype


def test_what_is_written_is_read(tmp_path):
    folder = StateFolder(tmp_path / "state")
    assert folder.latest() is None
    folder.save(state(12))
    assert_same(StateFolder(tmp_path / "state").latest(), state(12))


def test_a_state_of_another_release_is_passed_over(tmp_path, caplog):
    facts = np.frombuffer(b'{"callbacks": [], "stop": false}', np.uint8)
    np.savez(tmp_path / "epoch-000003.npz", **{"model.0": np.zeros(2), "facts": facts})
    assert StateFolder(tmp_path).latest() is None
    assert "epoch-000003.npz is damaged, or of another release: it is passed over" in caplog.text


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
            assert_same(read, state(2))


def test_what_a_killed_process_left_is_removed(tmp_path):
    StateFolder(tmp_path).save(state(1))
    (tmp_path / ".epoch-000002.partial.npz").write_bytes(b"half")
    assert StateFolder(tmp_path).latest().epoch == 1
    assert len(list(tmp_path.iterdir())) == 1
