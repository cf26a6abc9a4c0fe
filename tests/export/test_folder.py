import json
import subprocess
import sys

import cv2
import made_bundles
import numpy as np
import pytest
import yaml

from s3f_pipeline.bundle.contents import check_files, read_checksums, write_checked_folder
from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.bundle.preprocessing import InputFormat
from s3f_pipeline.errors import ExportError
from s3f_pipeline.export import folder as exporting
from s3f_pipeline.export.comparison import ImagesToCompare
from s3f_pipeline.export.conversion import convert
from s3f_pipeline.export.folder import export_onnx
from s3f_pipeline.files import sha256_of
from s3f_pipeline.prediction.ensemble import Ensemble
from s3f_pipeline.prediction.predict import make_reader

ALONE = """
import runpy, sys
for name in ("keras", "tensorflow", "s3f_pipeline", "pandas", "jax"):
    sys.modules[name] = None
script, *sys.argv[1:] = sys.argv[1:]
sys.argv[0] = script
runpy.run_path(script, run_name="__main__")
"""
IMAGES = ImagesToCompare(made_bundles.images_of(20, seed=9), "20 images")


@pytest.fixture(scope="module")
def exported(folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("exports") / "c_v"
    write_checked_folder(target, export_onnx(open_bundle(folder), IMAGES))
    return target


def predict_alone(script, *arguments):
    command = [sys.executable, "-I", "-c", ALONE, script, *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True)


def test_the_folder_is_complete_and_checked(exported):
    files = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    assert files == {
        "LICENCE.txt", "checksums.json", "example/image.png", "example/probabilities.json", "export.json",
        "model.onnx", "model_card.md", "predict.py", "preprocessing.json",
    }  # fmt: skip
    check_files(exported, read_checksums(exported))


def test_the_record_says_what_was_compared(exported, folder):
    record = json.loads((exported / "export.json").read_text())
    bundle = open_bundle(folder)
    equality = record["equality"]
    assert (equality["images"], equality["origin"]) == (20, "20 images")
    assert 0 <= equality["largest_difference"] <= equality["tolerance"] == 1e-4
    assert (record["schema_version"], record["format"], record["name"]) == (1, "onnx", "c_v")
    assert record["opset"] >= 13
    assert record["bundle"] == bundle.checksum
    assert record["input"]["image_size"] == [16, 16]
    assert record["sha256"] == {
        "model.keras": sha256_of(folder / "model.keras"),
        "model.onnx": sha256_of(exported / "model.onnx"),
        "preprocessing.json": sha256_of(exported / "preprocessing.json"),
    }
    assert {"keras", "tensorflow"} <= record["versions"].keys()


def test_the_card_speaks_of_this_folder_alone(exported):
    card = (exported / "model_card.md").read_text()
    assert "training_features.npy" not in card
    assert yaml.safe_load(card.split("---\n")[1])["library_name"] == "onnx"
    assert "The image in `example/` is" in card
    assert "float32 images in [0, 1] of shape (n, 16, 16, 1)" in card
    assert "20 images: no probability differs by more than" in card


@pytest.mark.parametrize("aspect", ["stretch", "pad"])
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_the_script_alone_predicts_what_the_pipeline_does(color, aspect, tmp_path):
    """Read, resized and predicted from a colour picture of another size, by OpenCV and onnxruntime alone."""
    shape = (16, 20, 1 if color == "grey" else 3)
    taken = InputFormat(color, shape[:2], aspect, None)
    bundle = open_bundle(made_bundles.write(tmp_path, shape=shape, input=taken))
    target = tmp_path / "exported"
    write_checked_folder(
        target, export_onnx(bundle, ImagesToCompare(made_bundles.images_of(8, shape=shape), "8 images"))
    )
    pictures = [tmp_path / "one.png", tmp_path / "två.png"]
    for number, path in enumerate(pictures):
        pixels = made_bundles.images_of(1, seed=number, shape=(50, 41, 3))[0]
        path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    done = predict_alone(target / "predict.py", *pictures)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    read = make_reader(Ensemble((bundle,)))
    for path, line in zip(pictures, lines, strict=True):
        expected = bundle.network(read(path).image[None]).probabilities[0]
        assert line.pop("image") == str(path)
        assert list(line) == list(bundle.preprocessing.classes)
        assert list(line.values()) == pytest.approx(expected.tolist(), abs=1e-4)


def test_the_example_is_predicted_as_it_says(exported):
    done = predict_alone(exported / "predict.py", exported / "example/image.png")
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    expected = json.loads((exported / "example/probabilities.json").read_text())
    assert {name: line[name] for name in expected} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("pixels", [None, np.full((20, 20), 5000, np.uint16)])
def test_the_script_refuses_what_it_would_read_otherwise_than_the_pipeline(exported, tmp_path, pixels):
    path = tmp_path / "image.png"
    path.write_bytes(b"no picture" if pixels is None else cv2.imencode(".png", pixels)[1].tobytes())
    done = predict_alone(exported / "predict.py", path)
    assert done.returncode == 1
    assert "is no picture of 8 bits that OpenCV can read" in done.stderr


def test_nothing_is_given_away_that_was_not_found_equal(folder, monkeypatch):
    def another(model, path):
        network = convert(model, path)
        return lambda images: network(images)[:, ::-1]

    monkeypatch.setattr(exporting, "convert", another)
    with pytest.raises(ExportError, match=r"differs from Keras' by .* Nothing was exported"):
        export_onnx(open_bundle(folder), IMAGES)
