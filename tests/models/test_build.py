import inspect
import sys
from types import ModuleType

import keras
import numpy as np
import pytest
import yaml
from numpy_layers import draw_weights
from rounding import assert_logits_off_by_rounding

from s3f_pipeline.config.loader import PROJECT
from s3f_pipeline.errors import ModelError
from s3f_pipeline.models import build_model, networks, variant_names, without_weights

SHORT = {name: f"{name}_sn1" for name in ("spectral", "concat", "bilinear", "gated")}
S3F = ["spatial", *(f"{kind}_sn{number}" for kind in SHORT for number in (1, 2))]
CONTROLS = {name: f"{name}_sn1" for name in ("random_filter", "spatial_wide")}
FULL = [
    *S3F,
    *(f"{kind}_sn{number}" for kind in CONTROLS for number in (1, 2)),
    "spectral_compact",
    "resnet18",
]
MADE_OF_OTHERS = {"concat_sn1", "spatial_wide_sn1"}
COMPUTED = {name for name in FULL if not name.endswith("_sn2")} - MADE_OF_OTHERS | {"spectral_sn2"}
OWN_TESTS = ["medmamba", "medspectralnet", "convnext_tiny", "efficientnet_v2_b0", "densenet121"]
HAM, BRISC, BUSI, CHEST = ((225, 300, 3), 7), ((256, 256, 1), 4), ((256, 256, 1), 3), ((384, 512, 1), 1)


@pytest.mark.parametrize(
    ("variant", "cohort", "parameters"),
    [
        ("spatial", HAM, 1_311_399),
        ("spatial", BRISC, 1_309_284),
        ("spatial", BUSI, 1_308_771),
        ("spatial", CHEST, 1_307_745),
        ("spectral_sn1", HAM, 6_537_863),
        ("spectral_sn1", BRISC, 2_128_184),
        ("spectral_sn2", BUSI, 137_392_083),
        ("spectral_sn1", CHEST, 6_330_665),
        ("bilinear_sn1", HAM, 7_859_979),
        ("bilinear_sn1", BRISC, 3_443_592),
        ("concat_sn2", BUSI, 138_700_851),
        ("concat_sn1", CHEST, 7_638_409),
    ],
)
def test_published_parameter_counts(variant, cohort, parameters, no_weights):
    assert build_model(variant, *cohort).count_params() == parameters


@pytest.mark.parametrize(
    ("variant", "cohort", "parameters"),
    [
        ("concat_sn1", BUSI, 3_436_947),
        ("bilinear_sn2", BRISC, 138_707_496),
        ("concat_sn2", CHEST, 411_862_057),
        ("bilinear_sn2", HAM, 147_019_179),
    ],
)
def test_parameter_counts_that_the_published_ones_imply(variant, cohort, parameters, no_weights):
    assert build_model(variant, *cohort).count_params() == parameters


def test_the_compact_filters_have_few_parameters_at_any_size(no_weights):
    counts = {build_model("spectral_compact", (size, size, 1), 3).count_params() for size in (64, 256)}
    assert counts == {46_051}


def test_names():
    assert set(variant_names()) >= {*FULL, *SHORT, *CONTROLS, *OWN_TESTS}


def test_every_network_of_the_configuration_is_there_with_either_spectranet():
    blocks = yaml.safe_load((PROJECT / "conf/base/parameters_variants.yml").read_text())["variants"].values()
    named = {block["network"].format(spectranet=sn) for block in blocks for sn in ("sn1", "sn2")}
    assert named <= set(variant_names())


@pytest.mark.parametrize(("short", "full"), [*SHORT.items(), *CONTROLS.items()])
def test_short_names_mean_sn1(short, full):
    layers = [[layer.name for layer in build_model(name, (16, 16, 1), 2).layers] for name in (short, full)]
    assert layers[0] == layers[1]


@pytest.mark.parametrize("variant", S3F)
def test_networks_can_be_taken_apart_by_layer_name(variant):
    model = build_model(variant, (32, 20, 3), 5)
    sizes = {"images": (None, 32, 20, 3), "logits": (None, 5), "probabilities": (None, 5)}
    if not variant.startswith("spectral"):
        sizes |= {"spatial_vector": (None, 512), "spatial_stage4_relu": (None, 4, 2, 256)}
    if variant != "spatial":
        sizes |= {"spectral_filter1": (None, 32, 20, 32), "spectral_vector": (None, 4)}
    if variant.endswith("sn1"):
        sizes |= {"spectral_conv2_relu": (None, 16, 10, 128)}
    if variant.endswith("sn2"):
        sizes |= {"spectral_filter2": (None, 32, 20, 64), "spectral_conv1_relu": (None, 32, 20, 128)}
    if variant.startswith(("concat", "bilinear", "gated")):
        sizes |= {"fusion": (None, 2048 if variant.startswith("bilinear") else 516)}
    assert {name: model.get_layer(name).output.shape for name in sizes} == sizes


@pytest.mark.parametrize("num_classes", [2, 4])
def test_softmax_head(num_classes):
    model = build_model("spatial", (16, 16, 1), num_classes)
    probabilities = model.predict(np.random.default_rng(0).uniform(size=(3, 16, 16, 1)), verbose=0)
    assert probabilities.shape == (3, num_classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_sigmoid_head():
    model = build_model("spatial", (16, 16, 1), 1)
    images = np.random.default_rng(0).uniform(size=(3, 16, 16, 1)).astype(np.float32)
    logits = keras.Model(model.input, model.get_layer("logits").output).predict(images, verbose=0)
    probabilities = model.predict(images, verbose=0)
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-logits)), rtol=1e-5)


@pytest.mark.parametrize("variant", sorted(COMPUTED))
def test_tensorflow_and_jax_predict_the_same(variant, backend_results):
    tensorflow, jax = backend_results("tensorflow")[variant], backend_results("jax")[variant]
    np.testing.assert_allclose(tensorflow["probabilities"], jax["probabilities"], atol=1e-4)
    largest = np.abs(tensorflow["logits"]).max()
    np.testing.assert_allclose(tensorflow["logits"], jax["logits"], atol=1e-4 * largest)
    assert np.ptp(tensorflow["logits"], axis=0).max() > 5e-3 * largest, "unlike images get the same logits"


@pytest.mark.parametrize("variant", sorted(COMPUTED))
def test_tensorflow_and_jax_train_save_and_load_the_same(variant, backend_results):
    tensorflow, jax = backend_results("tensorflow")[variant], backend_results("jax")[variant]
    np.testing.assert_allclose(tensorflow["loss"], jax["loss"], rtol=1e-4)
    np.testing.assert_allclose(tensorflow["trained"], jax["trained"], atol=1e-4)
    for computed in (tensorflow, jax):
        np.testing.assert_array_equal(computed["loaded"], computed["trained"])
        assert np.abs(computed["trained"] - computed["probabilities"]).max() > 2e-3


@pytest.mark.parametrize("variant", sorted(COMPUTED))
def test_mixed_precision_changes_the_logits_little(variant, mixed_bfloat16):
    images = np.random.default_rng(0).uniform(size=(4, 32, 32, 1)).astype(np.float32)
    mixed = build_model(variant, (32, 32, 1), 3)
    keras.config.set_dtype_policy("float32")
    full = build_model(variant, (32, 32, 1), 3)
    draw_weights(full, np.random.default_rng(3))
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    assert mixed.output.dtype == "float32"
    sums_over_spectra = 16 if variant == "spectral_compact" else 0  # of smooth images: all pixels err alike
    assert_logits_off_by_rounding(mixed, full, images, 4 + sums_over_spectra)


@pytest.fixture
def add_network(monkeypatch):
    """Put a function into a module of its own, and a line into the table."""

    def add(name, function):
        module = ModuleType("networks_of_tests")
        module.function = function
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(networks.VARIANTS, name, f"{module.__name__}:function")

    return add


def test_a_new_variant_is_a_function_and_a_line(add_network):
    def mean_colour(images, power: int = 1):
        return keras.layers.GlobalAveragePooling2D(name="colour")(images**power)

    add_network("colour", mean_colour)
    assert build_model("colour", (4, 4, 3), 2, power=2).count_params() == 3 * 2 + 2
    with pytest.raises(ModelError, match=r"'colour' has no option 'pover'. Allowed: power"):
        build_model("colour", (4, 4, 3), 2, pover=2)


def test_a_function_that_returns_feature_maps_is_refused(add_network):
    add_network("maps", lambda images: images * 2)
    with pytest.raises(ModelError, match=r"'maps' must return feature vectors.* \(None, 4, 4, 3\): pool or"):
        build_model("maps", (4, 4, 3), 2)


def test_no_option_is_passed_by():
    with pytest.raises(ModelError, match=r"'concat' has no option 'dropout'. Allowed: none"):
        build_model("concat", (16, 16, 1), 2, dropout=0.5)


@pytest.mark.parametrize("value", [-1, 1.5, "much"])
def test_a_wrong_value_of_an_option_is_refused(value):
    with pytest.raises(
        ModelError, match=rf"'medspectralnet' cannot .* \(16, 16, 1\) with dropout={value!r}: "
    ):
        build_model("medspectralnet", (16, 16, 1), 2, dropout=value)


def test_without_weights_a_network_takes_no_memory():
    with without_weights():
        model = build_model("spectral_sn2", (4096, 4096, 1), 2)  # 275 GB
    assert model.count_params() > 3e10


def test_an_unknown_variant_is_refused_with_the_names_there_are():
    with pytest.raises(ModelError) as caught:
        build_model("spectral_sn3", (64, 64, 1), 2)
    assert "Unknown network 'spectral_sn3'" in caught.value.message
    assert all(name in caught.value.message for name in variant_names())


@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 0), (64, -1, 1), (64, 64, None), (64.0, 64, 1), 64])
def test_a_wrong_input_shape_is_refused(shape):
    with pytest.raises(ModelError, match=r"\(height, width, channels\).*Received: input_shape="):
        build_model("spatial", shape, 2)


@pytest.mark.parametrize("num_classes", [0, -1, 2.0, True])
def test_a_wrong_number_of_classes_is_refused(num_classes):
    with pytest.raises(ModelError, match=r"`num_classes` must be.*Received: num_classes="):
        build_model("spatial", (16, 16, 1), num_classes)


@pytest.mark.parametrize(
    ("variant", "smallest"),
    [("spatial", 16), ("bilinear_sn2", 16), ("spectral_sn1", 4), ("spectral_sn2", 2), ("medspectralnet", 16)],
)
def test_images_too_small_to_pool_are_refused(variant, smallest):
    assert build_model(variant, (smallest, smallest + 1, 1), 2).output.shape == (None, 2)
    with pytest.raises(ModelError, match=f"{smallest} x {smallest - 1} pixels are too small"):
        build_model(variant, (smallest, smallest - 1, 1), 2)


def test_every_variant_is_a_function_of_images():
    for name in variant_names():
        assert next(iter(inspect.signature(networks.network_function(name)).parameters)) == "images"
