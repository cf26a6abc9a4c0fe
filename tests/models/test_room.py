import json
import zipfile

import keras
import pytest

from s3f_pipeline.models import build_model, weights_needed


def config_of(model, path):
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


@pytest.mark.parametrize("variant", ["spatial", "bilinear_sn1", "gated_sn1", "medspectralnet", "medmamba"])
def test_the_bytes_are_those_of_the_weights(variant, tmp_path):
    model = build_model(variant, (32, 32, 1), 3)
    expected = sum(weight.numpy().nbytes for weight in model.weights)
    assert weights_needed(config_of(model, tmp_path / "a.keras")) == expected


def test_what_would_fill_the_memory_is_only_counted(tmp_path):
    config = config_of(build_model("spatial", (16, 16, 1), 3), tmp_path / "a.keras")
    dense = next(layer for layer in config["config"]["layers"] if layer["name"] == "logits")
    dense["config"]["units"] = 10**9
    assert weights_needed(config) > 4 * 512 * 10**9


def test_networks_are_built_with_values_afterwards(tmp_path):
    weights_needed(config_of(build_model("spatial", (16, 16, 1), 3), tmp_path / "a.keras"))
    (kernel,) = keras.layers.Dense(2, use_bias=False)(keras.ops.ones((1, 2))).shape[1:]
    assert kernel == 2
    assert build_model("spatial", (16, 16, 1), 3).count_params() > 0
