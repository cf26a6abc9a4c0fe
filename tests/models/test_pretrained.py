import keras
import numpy as np
import pytest

from s3f_pipeline.errors import ModelError
from s3f_pipeline.models import build_model, load_model

APPLICATIONS = {
    "convnext_tiny": ("ConvNeXtTiny", "convnext_tiny_notop.h5"),
    "efficientnet_v2_b0": ("EfficientNetV2B0", "efficientnetv2-b0_notop.h5"),
    "densenet121": ("DenseNet121", "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5"),
}
SHAPE = (32, 40, 3)


def application(variant, **arguments):
    """Keras' own network with weights of a fixed seed; no scale is one, and no offset zero."""
    keras.utils.set_random_seed(1)
    build = getattr(keras.applications, APPLICATIONS[variant][0])
    model = build(include_top=False, weights=None, pooling="avg", input_shape=SHAPE, **arguments)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(weight + rng.uniform(0, 0.05, weight.shape))
    return model


def features(model, variant):
    return keras.Model(model.input, model.get_layer(f"{variant}_vector").output)


@pytest.fixture
def weights_folder(tmp_path, monkeypatch):
    """A folder with weights as Keras publishes them, made here; there is no network and no download."""
    monkeypatch.setenv("S3F_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("S3F_OFFLINE", "1")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


@pytest.mark.parametrize(
    ("variant", "parameters"),
    [("convnext_tiny", 28_589_128), ("efficientnet_v2_b0", 7_200_312), ("densenet121", 8_062_504)],
)
def test_published_parameter_counts(variant, parameters, no_weights):
    assert build_model(variant, (224, 224, 3), 1000).count_params() == parameters


@pytest.mark.parametrize(
    "variant",
    ["convnext_tiny", "efficientnet_v2_b0", pytest.param("densenet121", marks=pytest.mark.long)],
)
def test_with_weights_from_a_folder_it_is_the_published_network_with_its_input_scaling(
    variant, weights_folder
):
    theirs = application(variant)
    theirs.save(weights_folder / APPLICATIONS[variant][1])
    ours = build_model(variant, SHAPE, 4, weights="imagenet")
    images = np.random.default_rng(2).integers(0, 256, (2, *SHAPE)).astype(np.float32)
    given = images
    if variant == "densenet121":  # the others hold their scaling
        given = keras.applications.densenet.preprocess_input(images.copy())
    found = features(ours, variant).predict(images / 255, verbose=0)
    wanted = theirs.predict(given, verbose=0)
    np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())
    assert np.ptp(wanted, axis=0).max() > 1e-3 * np.abs(wanted).max()
    for layer in ours.layers:
        assert layer.trainable != isinstance(layer, keras.layers.BatchNormalization)


def test_from_scratch_all_layers_are_trained(weights_folder):
    model = build_model("efficientnet_v2_b0", (32, 32, 1), 2, weights="none")
    assert all(layer.trainable for layer in model.layers)


@pytest.mark.parametrize("variant", APPLICATIONS)
@pytest.mark.parametrize("size", [(16, 20), (28, 28), (31, 40)])
def test_small_images_are_enlarged(variant, size, no_weights):
    model = build_model(variant, (*size, 1), 3)
    assert model.get_layer(f"{variant}_enlarge").output.shape[1:3] == (2 * size[0], 2 * size[1])


@pytest.mark.parametrize("size", [(33, 40)])
def test_grey_images_are_repeated(size):
    grey = build_model("convnext_tiny", (*size, 1), 3)
    rgb = build_model("convnext_tiny", (*size, 3), 3)
    rgb.set_weights(grey.get_weights())
    images = np.random.default_rng(0).uniform(size=(2, *size, 1)).astype(np.float32)
    repeated = np.repeat(images, 3, axis=-1)
    np.testing.assert_array_equal(grey.predict(images, verbose=0), rgb.predict(repeated, verbose=0))


@pytest.mark.parametrize("variant", ["convnext_tiny", "efficientnet_v2_b0"])
def test_a_saved_network_predicts_the_same(variant, tmp_path):
    images = np.random.default_rng(0).uniform(size=(2, 32, 32, 1)).astype(np.float32)
    model = build_model(variant, (32, 32, 1), 3)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))


@pytest.mark.parametrize("variant", APPLICATIONS)
def test_without_weights_and_network_the_message_says_what_to_do(variant, weights_folder):
    with pytest.raises(ModelError) as refused:
        build_model(variant, SHAPE, 3, weights="imagenet")
    words = ("downloads are switched off", APPLICATIONS[variant][1], str(weights_folder / "keras" / "models"))
    for word in (*words, "S3F_WEIGHTS", f"variants.{variant}.options.weights=none"):
        assert word in refused.value.message


def test_a_failed_download_is_the_same_message(weights_folder, monkeypatch):
    def fail(**_):
        raise Exception("URL fetch failure: no such host")

    monkeypatch.delenv("S3F_OFFLINE")
    monkeypatch.setattr(keras.applications, "DenseNet121", fail)
    with pytest.raises(ModelError, match=r"not to be had \(URL fetch failure.*S3F_WEIGHTS"):
        build_model("densenet121", SHAPE, 3, weights="imagenet")


def test_what_keras_has_downloaded_needs_no_network(weights_folder, monkeypatch):
    asked = []
    build = keras.applications.DenseNet121

    def without_file(weights, **arguments):
        asked.append(weights)
        return build(weights=None, **arguments)

    monkeypatch.setattr(keras.applications, "DenseNet121", without_file)
    (weights_folder / "keras" / "models").mkdir(parents=True)
    (weights_folder / "keras" / "models" / APPLICATIONS["densenet121"][1]).write_bytes(b"checked by Keras")
    build_model("densenet121", SHAPE, 3, weights="imagenet")
    assert asked == ["imagenet"]


def test_a_damaged_file_is_named(weights_folder):
    path = weights_folder / APPLICATIONS["densenet121"][1]
    path.write_bytes(b"not HDF5")
    with pytest.raises(ModelError, match=rf"{path} does not hold the weights of densenet121"):
        build_model("densenet121", SHAPE, 3, weights="imagenet")


@pytest.mark.parametrize(
    ("shape", "weights", "words"),
    [
        (SHAPE, "photographs", "weights must be 'imagenet' or 'none', not 'photographs'"),
        ((32, 32, 2), "none", "takes grey images or RGB, not 2 channels"),
        ((15, 32, 1), "none", "15 x 32 pixels are too small"),
    ],
)
def test_what_cannot_be_built_is_refused(shape, weights, words, no_weights):
    with pytest.raises(ModelError, match=words):
        build_model("convnext_tiny", shape, 3, weights=weights)
