import json
import os
import signal
import subprocess
import sys
import textwrap

import pandas as pd
import pytest
from kedro.io.core import DatasetError

from s3f_pipeline.catalog_types import AtomicDataset


def test_json_carries_the_schema_version(tmp_path):
    dataset = AtomicDataset(filepath=str(tmp_path / "a.json"), dataset="json.JSONDataset", schema_version=1)
    dataset.save({"x": 1})
    assert json.loads((tmp_path / "a.json").read_text()) == {"schema_version": 1, "x": 1}
    assert dataset.load()["x"] == 1


def test_parquet_carries_the_schema_version(tmp_path):
    dataset = AtomicDataset(
        filepath=str(tmp_path / "a.parquet"), dataset="pandas.ParquetDataset", schema_version=1
    )
    table = pd.DataFrame({"x": [1, 2]})
    dataset.save(table)
    loaded = dataset.load()
    pd.testing.assert_frame_equal(loaded, table)
    assert loaded.attrs["schema_version"] == 1
    assert table.attrs == {}


def test_another_schema_version_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"schema_version": 0}')
    dataset = AtomicDataset(filepath=str(tmp_path / "a.json"), dataset="json.JSONDataset", schema_version=1)
    with pytest.raises(DatasetError, match=r"schema version 0, this release reads 1.*force=true"):
        dataset.load()


def test_a_missing_file_says_what_to_do(tmp_path):
    dataset = AtomicDataset(filepath=str(tmp_path / "a.json"), dataset="json.JSONDataset")
    with pytest.raises(DatasetError, match=r"a\.json is not there\. Run the whole pipeline"):
        dataset.load()
    assert not dataset.exists()


def test_a_failed_save_keeps_the_old_file(tmp_path):
    dataset = AtomicDataset(filepath=str(tmp_path / "a.json"), dataset="json.JSONDataset")
    dataset.save({"x": 1})
    with pytest.raises(DatasetError):
        dataset.save({"x": object()})
    assert dataset.load() == {"x": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_process_killed_while_saving_leaves_no_file(tmp_path):
    script = textwrap.dedent(
        """
        import os, signal, sys
        import pandas as pd
        from s3f_pipeline.catalog_types import AtomicDataset
        import s3f_pipeline.files as files

        files.publish = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
        AtomicDataset(filepath=sys.argv[1], dataset="pandas.ParquetDataset").save(
            pd.DataFrame({"x": range(1000)})
        )
        """
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.parquet")], env=os.environ)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "a.parquet").exists()
