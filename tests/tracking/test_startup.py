import os

import pytest

from s3f_pipeline.tracking.startup import SETTINGS, prepare


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Environment as a process finds it that has not been prepared."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    for name in SETTINGS:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_what_a_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "DEBUG")
    prepare()
    assert os.environ["MLFLOW_LOGGING_LEVEL"] == "DEBUG"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
