import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.utils.validation import _validate_metric_name

from s3f_pipeline.tracking.delivery import Store, _log
from s3f_pipeline.tracking.names import LONGEST_TAG, safe_names, safe_text

NAMES = st.lists(st.text(st.characters(), max_size=300), max_size=8, unique=True)


def test_names_of_classes_become_names_of_metrics():
    values = {"f1_Grade II (low)": 1, "f1_Grade III+": 2, "f1_Grade III*": 3, "f1_a/b": 4, "f1_Öl": 5}
    assert safe_names(values) == {
        "f1_Grade II _low_": 1, "f1_Grade III_": 2, "f1_Grade III__2": 3, "f1_a_b": 4, "f1_Öl": 5,
    }  # fmt: skip


def test_a_name_that_needs_no_change_keeps_its_own():
    assert safe_names({"a+": 1, "a_": 2, "a_2": 3}) == {"a__2": 1, "a_": 2, "a_2": 3}


@given(NAMES)
def test_mlflow_takes_any_name_and_none_is_lost(names):
    safe = safe_names({name: number for number, name in enumerate(names)})
    assert list(safe.values()) == list(range(len(names)))
    for name in safe:
        _validate_metric_name(name)
        assert len(name) <= 250
        name.encode()


@pytest.fixture(scope="module")
def own_database(empty_database, tmp_path_factory):
    return Path(shutil.copy(empty_database, tmp_path_factory.mktemp("names") / "mlflow.db"))


@settings(max_examples=5)
@given(st.lists(st.text(st.characters(), min_size=1, max_size=12), min_size=1, max_size=5, unique=True))
def test_any_class_reaches_a_store(own_database, classes):
    client = MlflowClient(f"sqlite:///{own_database}")
    run_id = client.create_run("0").info.run_id
    values = safe_names({f"test_f1_{name}": number / 10 for number, name in enumerate(classes)})
    store = Store(f"sqlite:///{own_database}", own_database.parent)
    _log(store, run_id, "metrics", [Metric(name, value, 1, 0) for name, value in values.items()])
    _log(store, run_id, "params", [Param("classes", safe_text(str(classes), 6000))])
    assert client.get_run(run_id).data.metrics == pytest.approx(values)


def test_what_is_refused_costs_nothing_else(uri, tmp_path, caplog):
    """More than MLflow takes at a time, one of them with a name that it refuses."""
    client = MlflowClient(uri)
    run_id = client.create_run("0").info.run_id
    names = [f"f1_{number}" for number in range(250)]
    names[120] = "f1_(120)"
    _log(Store(uri, tmp_path), run_id, "metrics", [Metric(name, 0.5, 1, 0) for name in names])
    assert set(client.get_run(run_id).data.metrics) == set(names) - {"f1_(120)"}
    assert caplog.text.count("MLflow refuses some metrics") == 1


def test_texts_are_cut_and_hold_no_half_characters(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:swordfish@host")
    assert safe_text("a\0\ud800 swordfish", LONGEST_TAG) == "a\N{REPLACEMENT CHARACTER}? …"
    assert len(safe_text("a" * 9000, LONGEST_TAG)) == LONGEST_TAG
