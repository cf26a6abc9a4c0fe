import json

from s3f_pipeline.models import build_model, summarise


def test_every_layer_is_listed_in_order():
    model = build_model("bilinear_sn1", (16, 18, 1), 4)
    layers = summarise(model)
    assert [layer["name"] for layer in layers] == [layer.name for layer in model.layers]
    assert sum(layer["parameters"] for layer in layers) == model.count_params()
    assert {
        "name": "spectral_filter1",
        "type": "SpectralFilter",
        "output_shape": [None, 16, 18, 32],
        "parameters": 2 * 32 * 16 * 10 + 32,
    } in layers


def test_the_list_can_be_written_as_json():
    layers = summarise(build_model("spatial", (16, 16, 1), 2))
    assert json.loads(json.dumps(layers)) == layers


def test_a_layer_with_several_outputs_has_a_line_for_each():
    model = build_model("medspectralnet", (28, 28, 1), 2)
    layers = summarise(model)
    bands = [layer["output_shape"] for layer in layers if layer["name"] == "stage1_block1_bands"]
    assert bands == [[None, 14, 14, 24], [None, 7, 7, 24], [None, 4, 4, 24]]
    assert sum(layer["parameters"] for layer in layers) == model.count_params()
