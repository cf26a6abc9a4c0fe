import os
import sys

import pytest
from kedro.io import MemoryDataset

from s3f_pipeline.tracking.startup import SETTINGS, prepare


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Environment and modules as a process finds them that has not been prepared."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    for name in SETTINGS:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "ibis", None)
    monkeypatch.delitem(sys.modules, "ibis")


def test_what_a_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "DEBUG")
    prepare()
    assert os.environ["MLFLOW_LOGGING_LEVEL"] == "DEBUG"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_ibis_is_looked_for_once_and_kedro_does_without(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    prepare()
    assert sys.modules["ibis"] is None
    assert MemoryDataset({"epochs": 3}).load() == {"epochs": 3}


def test_an_installed_ibis_is_left_alone(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    prepare()
    assert "ibis" not in sys.modules
