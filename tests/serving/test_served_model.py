"""What clients of MLflow's scoring server see."""

import json
from types import SimpleNamespace

import mlflow
import numpy as np
import pytest
from dicom_files import PERSON, dicom
from payloads import encoded, file_of, png_of
from served import inputs, post

from s3f_pipeline.tracking.served_model import AnsweredError, ServedNetwork


@pytest.fixture(scope="module")
def network(bundle):
    served = ServedNetwork()
    served.load_context(SimpleNamespace(artifacts={"bundle": str(bundle.folder)}))
    return served


def test_a_logged_model_answers_in_python(logged, bundle, sent):
    model = mlflow.pyfunc.load_model(logged.path)
    array = (bundle.example.image / 255).astype(np.float32)
    for item in ({"image": sent}, {"array": array}):
        (answer,) = model.predict([item])
        assert answer["probabilities"] == pytest.approx(bundle.example.probabilities, abs=1e-5)


def test_files_and_arrays_are_answered_with_classes_and_probabilities(app, sent):
    array = [[0.5] * 16] * 16
    items = ({"image": sent}, encoded(file_of(".jpg")), encoded(dicom()), {"array": array})
    status, answer = post(app, inputs(*items))
    assert status == 200
    assert len(answer["predictions"]) == 4
    for one in answer["predictions"]:
        assert one["predicted"] in ("a", "b")
        assert sum(one["probabilities"].values()) == pytest.approx(1)


SECRET = "U0VDUkVU"
BAD = {
    "no JSON": (b"{'inputs': U0VDUkVU", 400, "send JSON"),
    "no UTF-8": (b"\xff\xfeU0VDUkVU", 400, "send JSON"),
    "nested": (b"[" * 200_000, 400, "send JSON"),
    "digits": (b"9" * 5000, 400, "send JSON"),
    "a list": (json.dumps([SECRET]).encode(), 400, "send JSON"),
    "instances": (json.dumps({"instances": [{"image": SECRET}]}).encode(), 400, "send JSON"),
    "a table": (json.dumps({"dataframe_records": [{"image": SECRET}]}).encode(), 400, "send JSON"),
    "a chat": (json.dumps({"messages": [SECRET]}).encode(), 400, "send JSON"),
    "text": (json.dumps({"inputs": SECRET}).encode(), 400, "send JSON"),
    "nothing": (inputs(), 400, "inputs must be a list of items"),
    "wrong key": (inputs({"file": SECRET}), 400, "inputs[0]: an item must be"),
    "no image": (inputs({"image": SECRET}), 400, "the file is none of PNG, JPEG, DICOM"),
    "bomb": (inputs(encoded(png_of(60_000, 60_000))), 400, "its header says 60000x60000 pixels"),
    "no number": (b'{"inputs": [{"array": [[NaN]]}]}', 400, "array must hold numbers"),
    "too large": (b" " * 20_000_001, 413, "the request is larger than 20 MB"),
}


@pytest.mark.parametrize(("body", "expected", "reason"), BAD.values(), ids=BAD)
def test_bad_requests_get_a_short_reason_and_nothing_of_what_was_sent(app, body, expected, reason):
    status, answer = post(app, body)
    assert status == expected
    assert set(answer) == {"error_code", "message"}
    assert reason in answer["message"]
    assert len(answer["message"]) <= 200
    assert SECRET not in answer["message"]


@pytest.mark.parametrize("content_type", ["text/csv", "application/vnd.apache.parquet", "text/html"])
def test_tables_are_not_read(app, content_type):
    assert post(app, b"image\nU0VDUkVU\n", content_type)[0] == 415


def test_a_damaged_dicom_file_tells_nobody_whose_it_is(app, caplog, capfd):
    data = dicom()
    for cut in (200, 400, len(data) - 100):
        status, answer = post(app, inputs(encoded(data[:cut])))
        assert status == 400
        assert PERSON not in json.dumps(answer)
    said = capfd.readouterr()
    assert PERSON not in caplog.text + said.out + said.err


def test_a_failure_of_ours_is_told_as_one_without_its_trace(network, app, sent, monkeypatch, caplog):
    def fail(*_):
        raise ValueError("U0VDUkVU")

    monkeypatch.setattr("s3f_pipeline.serving.service.Service.answer", fail)
    with pytest.raises(AnsweredError) as error:
        network.predict([{"image": sent}])
    told = json.loads(error.value.serialize_as_json())["message"]
    assert told == "the server has failed; its log says more"
    status, answer = post(app, inputs({"image": sent}))
    assert (status, answer) == (500, {"error_code": "INTERNAL_ERROR", "message": told})
    assert "ValueError: U0VDUkVU" in caplog.text
