import keras
import numpy as np
import pytest
from rounding import assert_logits_off_by_rounding

from s3f_pipeline.models import build_model, medspectralnet

PUBLISHED = 8.5e6


def build(shape=(28, 28, 1), num_classes=3, seed=0, **options):
    keras.utils.set_random_seed(seed)
    return build_model("medspectralnet", shape, num_classes, **options)


def images_of(shape, number=2):
    return np.random.default_rng(0).uniform(size=(number, *shape)).astype(np.float32)


@pytest.fixture(scope="module")
def whole():
    """A network for 28 x 28 pixels, built once; tests leave its weights alone."""
    return build()


def make_narrow(patch):
    """Have networks built that are of the same make but small, so that training starts quickly."""
    stages = (medspectralnet.Stage(12, 1, 3, 1), medspectralnet.Stage(24, 2, 2, 2))
    patch.setattr(medspectralnet, "STAGES", stages)
    patch.setattr(medspectralnet, "BRANCHES", 6)


@pytest.fixture
def narrow(monkeypatch):
    make_narrow(monkeypatch)


def test_it_has_the_published_number_of_parameters():
    model = build((224, 224, 3), 8)
    assert model.count_params() == pytest.approx(PUBLISHED, rel=0.03)
    without_statistics = sum(np.prod(weight.shape) for weight in model.trainable_weights)
    assert without_statistics == pytest.approx(PUBLISHED, rel=0.03)


@pytest.mark.parametrize("shape", [(48, 64, 1), (17, 16, 1)])
def test_the_same_weights_serve_every_size(shape, whole):
    model = build(shape)
    model.set_weights(whole.get_weights())
    probabilities = keras.ops.convert_to_numpy(model(images_of(shape)))
    assert probabilities.shape == (2, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((28, 28, 3), [(14, 14), (7, 7), (4, 4), (2, 2)]),
        ((224, 224, 1), [(112, 112), (56, 56), (28, 28), (14, 14)]),
        ((33, 47, 1), [(17, 24), (9, 12), (5, 6), (3, 3)]),
    ],
)
def test_stages_halve_the_image(shape, sizes):
    model = build(shape)
    found = [model.get_layer(f"stage{stage}_activation").output.shape for stage in (1, 2, 3, 4)]
    assert [tuple(each[1:3]) for each in found] == sizes
    assert model.get_layer("features").output.shape == (None, 816)


def test_at_the_start_all_branches_together_add_little_more_than_there_is(whole):
    outputs = [whole.get_layer(f"stage4_{name}").output for name in ("reduction", "block3_perceptron")]
    before, after = keras.Model(whole.input, outputs)(images_of((28, 28, 1), 8))
    assert np.std(after) < 2 * np.std(before)


def test_a_step_trains_every_weight(narrow):
    model = build(dropout=0.0, drop_path=0.0)
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", run_eagerly=True)
    images = images_of((28, 28, 1), 6)
    for _ in range(2):  # gates begin as zeros, so that what is before them learns from the second step on
        before = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
        model.train_on_batch(images, np.arange(6) % 3)
    still = [
        weight.path
        for weight, old in zip(model.trainable_weights, before, strict=True)
        if np.array_equal(weight, old)
    ]
    assert still == []


def test_the_seed_decides_training(narrow):
    def trained():
        model = build(seed=3)
        model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
        model.train_on_batch(images_of((28, 28, 1), 4), np.array([0, 1, 2, 0]))
        return model.get_weights()

    for one, other in zip(trained(), trained(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_options_set_how_much_is_left_out():
    rates = {
        layer.name: layer.rate
        for layer in build(dropout=0.5, drop_path=0.2).layers
        if isinstance(layer, keras.layers.Dropout)
    }
    assert rates["features"] == 0.5
    paths = [rate for name, rate in rates.items() if name.endswith("drop_path")]
    np.testing.assert_allclose(paths, np.linspace(0, 0.2, 18))


def test_mixed_precision_changes_the_logits_little(mixed_bfloat16):
    mixed = build()
    keras.config.set_dtype_policy("float32")
    full = build()
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    assert mixed.output.dtype == "float32"
    assert_logits_off_by_rounding(mixed, full, images_of((28, 28, 1), 4))


@pytest.fixture(scope="module")
def results(compute_once):
    """What each backend made of the same small network and batch: ``{backend: {name: array}}``."""
    shape, options = (33, 28, 3), {"dropout": 0.0, "drop_path": 0.0}

    def prepare(folder):
        with pytest.MonkeyPatch.context() as patch:
            make_narrow(patch)
            build(shape, 4, **options).save(folder / "network.keras")
        np.savez(folder / "batch.npz", images=images_of(shape, 6), labels=np.arange(6) % 4)

    return compute_once("worker_medspectralnet.py", prepare)


@pytest.mark.long
@pytest.mark.parametrize("name", ["before", "loss", "after"])
def test_tensorflow_and_jax_predict_and_learn_the_same(name, results):
    np.testing.assert_allclose(results["tensorflow"][name], results["jax"][name], atol=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_trained_network_is_saved_and_loaded(backend, results):
    assert np.abs(results[backend]["after"] - results[backend]["before"]).max() > 1e-3
    np.testing.assert_allclose(results[backend]["again"], results[backend]["after"], atol=1e-6)
