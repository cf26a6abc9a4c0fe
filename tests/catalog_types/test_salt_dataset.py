import stat
import subprocess
import sys

import pytest
from kedro.io.core import DatasetError

from s3f_pipeline.catalog_types import SaltDataset
from s3f_pipeline.config.loader import PROJECT


@pytest.fixture
def path(tmp_path):
    return tmp_path / "conf" / "local" / "patient_salt"


@pytest.fixture
def dataset(path):
    return SaltDataset(filepath=str(path))


def test_it_is_made_once_for_its_owner_alone(dataset, path):
    salt = dataset.load()
    assert len(salt) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SaltDataset(filepath=str(path)).load() == salt
    assert [entry.name for entry in path.parent.iterdir()] == ["patient_salt"]


def test_the_fingerprint_does_not_tell_the_salt_and_follows_it(dataset, path):
    assert dataset.exists()
    before = dataset.fingerprint()
    assert before == SaltDataset(filepath=str(path)).fingerprint()
    assert path.read_bytes().hex() not in before
    path.unlink()
    assert dataset.fingerprint() != before


def test_processes_that_start_at_once_get_one_salt(path):
    script = (
        "import sys\n"
        "from s3f_pipeline.catalog_types import SaltDataset\n"
        "dataset = SaltDataset(filepath=sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "print(dataset.load().hex())\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    salts = {process.communicate(timeout=60)[0] for process in processes}
    assert salts == {f"{path.read_bytes().hex()}\n"}
    assert [entry.name for entry in path.parent.iterdir()] == ["patient_salt"]


def test_a_damaged_salt_is_not_replaced(dataset, path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"short")
    with pytest.raises(DatasetError, match=r"patient_salt, is damaged: it has 5 bytes, not 32\. Restore it"):
        dataset.fingerprint()
    assert path.read_bytes() == b"short"


def test_a_salt_that_cannot_be_read_is_one_message(dataset, path):
    path.mkdir(parents=True)
    with pytest.raises(
        DatasetError, match=r"patient_salt, cannot be read or made: .*header_patients: ignore"
    ):
        dataset.fingerprint()


def test_it_cannot_be_saved(dataset):
    with pytest.raises(DatasetError, match="never written again"):
        dataset.save(b"x")


def test_git_ignores_where_it_lies():
    done = subprocess.run(
        ["git", "check-ignore", "conf/local/patient_salt"], cwd=PROJECT, capture_output=True
    )
    if done.returncode == 128:
        pytest.skip("the project is not in a git repository")
    assert done.returncode == 0
