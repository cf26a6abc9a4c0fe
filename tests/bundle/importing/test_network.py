import keras
import numpy as np
import published_files
import pytest

from s3f_pipeline.bundle.importing import read_keras_file, recognise
from s3f_pipeline.bundle.importing.network import import_network
from s3f_pipeline.errors import WeightsError


def difference(path, original, shape):
    images = published_files.images_of(shape)
    expected = np.asarray(original(images, training=False))
    assert np.ptp(expected, axis=0).max() > 0.01  # else any network would do
    return np.abs(np.asarray(import_network(read_keras_file(path))(images, training=False)) - expected).max()


@pytest.mark.parametrize("name", published_files.NETWORKS)
def test_an_imported_network_says_what_the_original_classes_say(tmp_path, name):
    original = published_files.network(name)
    path = published_files.write(tmp_path / "a.keras", original)
    assert recognise(read_keras_file(path)).network == name
    assert difference(path, original, published_files.SHAPE) < 1e-5


@pytest.mark.parametrize(("shape", "outputs"), [((18, 30, 3), 7), ((24, 32, 1), 1)])
def test_other_images_and_heads(tmp_path, shape, outputs):
    """As those of HAM10000 (colours, odd sides after pooling) and of chest X-rays (sigmoid), but smaller."""
    original = published_files.network("bilinear_sn1", shape, outputs)
    path = published_files.write(tmp_path / "a.keras", original)
    found = recognise(read_keras_file(path))
    assert (found.input_shape, found.outputs) == (shape, outputs)
    assert difference(path, original, shape) < 1e-5


def test_the_state_of_an_optimiser_is_passed_over(tmp_path):
    original = published_files.network("spatial")
    original.compile("adam", "sparse_categorical_crossentropy")
    original.optimizer.build(original.trainable_variables)
    path = published_files.write(tmp_path / "a.keras", original)
    assert difference(path, original, published_files.SHAPE) < 1e-5


def test_a_file_says_where_it_is_from(tmp_path):
    path = published_files.write(tmp_path / "a.keras", published_files.network("spatial"), version="3.5.0")
    file = read_keras_file(path)
    assert file.keras_version == "3.5.0"
    assert len(file.sha256) == 64


def test_layers_that_compute_the_same_are_one_network(tmp_path):
    """Activations within layers or beside them, and dropout or none, change no prediction."""
    images = keras.layers.Input(published_files.SHAPE)
    x = images
    for width in (32, 64, 128, 256):
        x = keras.layers.ReLU()(keras.layers.Conv2D(width, 3, padding="same")(x))
        x = keras.layers.BatchNormalization()(keras.layers.Conv2D(width, 3, padding="same")(x))
        x = keras.layers.MaxPooling2D(2, strides=2)(keras.layers.ReLU()(x))
    x = keras.layers.Dense(512)(keras.layers.GlobalAveragePooling2D()(x))
    x = keras.layers.BatchNormalization()(keras.layers.Activation("relu")(x))
    original = keras.Model(images, keras.layers.Activation("softmax")(keras.layers.Dense(3)(x)))
    published_files.see(original, published_files.images_of(seed=0))
    path = published_files.write(tmp_path / "a.keras", original)
    assert recognise(read_keras_file(path)).outputs == 3
    assert difference(path, original, published_files.SHAPE) < 1e-5


@pytest.mark.parametrize(
    ("kind", "key", "value", "told"),
    [
        ("Conv2D", "kernel_size", [5, 5], r"'conv2d\w*' is Conv2D\(.*kernel_size=\(5, 5\)"),
        ("BatchNormalization", "epsilon", 0.1, r"epsilon=0\.1"),
        ("MaxPooling2D", "padding", "same", "padding='same'"),
        ("Dense", "activation", "tanh", "activation='tanh'"),
        ("Dense", "activation", {"class_name": "function", "config": "f"}, "is no name of one"),
        ("SpectralFilterLayer", "filters", 31, "filters=31"),
    ],
)
def test_a_network_that_computes_anything_else_is_refused(tmp_path, kind, key, value, told):
    path = published_files.write(tmp_path / "a.keras", published_files.network("concat_sn1"))

    def edit(config):
        layer = next(layer for layer in config["config"]["layers"] if layer["class_name"] == kind)
        layer["config"][key] = value

    published_files.edit_config(path, edit)
    with pytest.raises(WeightsError, match=f"holds no network of the S³F-Net release: .*{told}"):
        import_network(read_keras_file(path))
