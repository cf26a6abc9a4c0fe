import importlib.util

import keras
import numpy as np
import pytest

from s3f_pipeline.errors import ExportError
from s3f_pipeline.export import conversion
from s3f_pipeline.export.conversion import convert, open_network, opset_of, require_converter
from s3f_pipeline.models import build_model, variant_names

SHAPES = {
    "spatial": (33, 28, 3),
    "spectral_sn1": (33, 28, 1),
    "spectral_sn2": (32, 31, 3),
    "bilinear_sn1": (33, 28, 3),
    "spectral_compact": (33, 28, 1),
}
LONG = {
    "convnext_tiny": (32, 32, 1),
    "concat_sn1": (32, 32, 1),
    "concat_sn2": (33, 28, 3),
    "bilinear_sn2": (32, 32, 1),
    "gated_sn1": (33, 28, 1),
    "random_filter_sn1": (33, 28, 3),
    "spatial_wide_sn1": (32, 32, 1),
    "resnet18": (33, 28, 3),
    "efficientnet_v2_b0": (33, 28, 3),
    "densenet121": (32, 32, 1),
    "medspectralnet": (33, 28, 3),
}
CASES = [*SHAPES.items(), *(pytest.param(*case, marks=pytest.mark.long) for case in LONG.items())]


def with_drawn_weights(variant, shape, outputs):
    """A network in which hardly a weight is a constant, and whose probabilities differ between images."""
    keras.utils.set_random_seed(1)
    model = build_model(variant, shape, outputs)
    rng = np.random.default_rng(2)
    model.set_weights([each * rng.uniform(0.9, 1.1, each.shape) for each in model.get_weights()])
    images = rng.uniform(size=(8, *shape)).astype(np.float32)
    logits = model.get_layer("logits")
    found = np.asarray(keras.Model(model.input, logits.output)(images, training=False))
    mean, spread = found.mean(axis=0), found.std(axis=0)
    kernel, bias = logits.get_weights()
    logits.set_weights([kernel / spread, (bias - mean) / spread])
    return model


@pytest.mark.parametrize(("variant", "shape"), CASES)
def test_onnxruntime_says_what_keras_says_of_any_number_of_images(variant, shape, tmp_path):
    model = with_drawn_weights(variant, shape, 3)
    network = convert(model, tmp_path / "model.onnx")
    images = np.random.default_rng(0).uniform(size=(7, *shape)).astype(np.float32)
    expected = np.asarray(model(images, training=False))
    assert expected.std(axis=0).min() > 0.01
    for count in (7, 1, 2):
        np.testing.assert_allclose(network(images[:count]), expected[:count], atol=1e-4)


def test_a_sigmoid_becomes_both_classes(tmp_path):
    model = with_drawn_weights("spatial", (16, 16, 1), 1)
    images = np.random.default_rng(0).uniform(size=(4, 16, 16, 1)).astype(np.float32)
    found = convert(model, tmp_path / "model.onnx")(images)
    positive = np.asarray(model(images, training=False))[:, 0]
    np.testing.assert_allclose(found, np.stack([1 - positive, positive], axis=1), atol=1e-4)


def test_the_file_names_its_input_and_output(tmp_path):
    import onnx

    convert(build_model("spatial", (16, 16, 1), 3), tmp_path / "model.onnx")
    graph = onnx.load(tmp_path / "model.onnx").graph
    assert ([each.name for each in graph.input], [each.name for each in graph.output]) == (
        ["images"],
        ["probabilities"],
    )
    assert opset_of(tmp_path / "model.onnx") >= 13


def test_a_network_with_an_operation_that_onnx_has_not_is_refused(tmp_path):
    images = keras.Input((8, 8, 1))
    real, _ = keras.ops.fft((images[..., 0], 0 * images[..., 0]))
    model = keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(real)), name="mine")
    with pytest.raises(ExportError, match=r"'mine' cannot be exported: .*Complex"):
        convert(model, tmp_path / "model.onnx")


def medmamba():
    return build_model("medmamba", (32, 32, 1), 2)


def with_groups():
    images = keras.Input((8, 8, 4))
    return keras.Model(images, keras.layers.Conv2D(4, 3, groups=2)(images), name="mine")


@pytest.mark.parametrize(
    ("build", "reason"), [(medmamba, "its selective scan is a loop"), (with_groups, "in groups to XLA")]
)
def test_networks_that_cannot_be_exported_are_refused_with_the_reason(build, reason, tmp_path):
    model = build()
    with pytest.raises(ExportError, match=rf"'{model.name}' cannot be exported: .*{reason}"):
        convert(model, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_each_network_is_tried():
    tried = SHAPES.keys() | LONG.keys() | {"medmamba"}
    alike = {"gated_sn2", "random_filter_sn2", "spatial_wide_sn2"}
    short = {name.removesuffix("_sn1") for name in tried}
    assert set(variant_names()) == tried | alike | short


def test_what_is_no_onnx_file_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no network")
    with pytest.raises(ExportError, match="'mine' cannot be exported"):
        open_network(tmp_path / "model.onnx", "mine")


def test_missing_packages_are_named_with_what_to_do(monkeypatch):
    monkeypatch.setattr(
        conversion, "find_spec", lambda name: None if name != "onnx" else importlib.util.find_spec(name)
    )
    with pytest.raises(ExportError) as caught:
        require_converter()
    assert caught.value.message == (
        "An export needs onnxruntime, tf2onnx, which are not installed. Install the extra: pip install "
        "'s3f-pipeline[export]'."
    )


def test_another_backend_is_told_of_the_right_one(monkeypatch):
    from s3f_pipeline.backend import devices

    monkeypatch.setattr(devices, "backend_name", lambda: "jax")
    with pytest.raises(ExportError, match=r"KERAS_BACKEND is jax\. Export with KERAS_BACKEND=tensorflow"):
        require_converter()
