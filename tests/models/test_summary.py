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
