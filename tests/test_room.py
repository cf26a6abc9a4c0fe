from s3f_pipeline.models import build_model, summarise
from s3f_pipeline.room import room_needed

LAYERS = [
    {"output_shape": [None, 4, 4, 1], "parameters": 0},
    {"output_shape": [None, 4, 4, 8], "parameters": 80},
    {"output_shape": [None, 2], "parameters": 20},
]


def test_weights_and_activations_by_hand():
    room = room_needed(LAYERS, batch_size=6, devices=2)
    assert room.disk == 4 * 100
    assert room.memory == 4 * (8 * 100 + 2 * 3 * (16 + 128 + 2))


def test_each_device_computes_an_image_at_least():
    assert room_needed(LAYERS, batch_size=1, devices=4) == room_needed(LAYERS, batch_size=1, devices=1)


def test_layers_account_for_all_weights_of_a_network():
    model = build_model("gated_sn1", (32, 32, 1), 4)
    assert room_needed(summarise(model), batch_size=16, devices=1).disk == 4 * model.count_params()
