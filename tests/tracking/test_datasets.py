import json

from mlflow import MlflowClient
from result_files import training_file

from s3f_pipeline.results import RunId
from s3f_pipeline.tracking.datasets import dataset_facts
from s3f_pipeline.tracking.delivery import Store

RUN = RunId("brisc", "patient_safe", "bilinear", 0)
GUARANTEE = {"train": {"a": {"patient": 5}}, "test": {"a": {"patient": 2}, "b": {"near_duplicate": 3}}}


def facts():
    return dataset_facts({**training_file(RUN, data="d" * 64), "guarantee": GUARANTEE}, "https://example.org")


def test_each_side_says_what_it_is_and_what_keeps_it_apart():
    train, test = facts()
    assert (train["name"], train["context"]) == ("brisc train", "training")
    profile = json.loads(test["profile"])
    assert profile["images"] == 5
    assert profile["images_by_class"] == {"a": 2, "b": 3}
    assert profile["kept_apart_by"] == {"patient": 2, "near_duplicate": 3}
    assert profile["data_hash"] == "d" * 64
    assert profile["splits_hash"] == "s"


def test_mlflow_shows_them_once_however_often_they_are_delivered(uri, tmp_path):
    store = Store(uri, tmp_path)
    client = MlflowClient(uri)
    run_id = client.create_run(client.create_experiment("brisc", str(tmp_path))).info.run_id
    for _ in range(2):
        store.deliver({"kind": "datasets", "time": 1, "datasets": facts()}, run_id)
    found = client.get_run(run_id).inputs.dataset_inputs
    assert {(each.dataset.name, each.tags[0].value) for each in found} == {
        ("brisc train", "training"),
        ("brisc test", "testing"),
    }
    assert len(found) == 2
