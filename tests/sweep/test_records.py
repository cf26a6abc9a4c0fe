import pytest

from s3f_pipeline.process_identity import this_process
from s3f_pipeline.sweep.records import Record

WHOLE = Record(["kedro", "run"], this_process(), job="7_0", exit_code=1)


def test_what_is_written_is_read(tmp_path):
    WHOLE.write(tmp_path / "run.attempt.json")
    assert Record.read(tmp_path / "run.attempt.json") == WHOLE
    assert Record.read(tmp_path / "no.attempt.json") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"command": []}',
        b'{"command": [], "process": 7}',
        b'{"command": [], "process": "node"}',
        b'{"command": "kedro", "process": "node 7 7"}',
        b'{"command": [], "process": "node 7 7", "exit_code": "1"}',
        b'{"command": [], "process": "node 7 7", "more": 1}',
    ],
)
def test_a_damaged_record_says_nothing_of_its_run(tmp_path, content, caplog):
    path = tmp_path / "run.attempt.json"
    path.write_bytes(content)
    assert Record.read(path) is None
    assert f"{path} is damaged" in caplog.text
