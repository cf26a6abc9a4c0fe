import keras
import numpy as np
import pytest

from s3f_pipeline.backend.forward import compile_forward
from s3f_pipeline.errors import ModelError
from s3f_pipeline.models import build_model, load_model

SMALL = {"depths": (1, 2, 1), "channels": 16}
IMAGES = np.random.default_rng(0).uniform(size=(4, 30, 21, 3)).astype(np.float32)


def small_network(**options):
    return build_model("medmamba", IMAGES.shape[1:], 4, **{**SMALL, **options})


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.fixture
def without_allocation():
    """Weights of networks built in a test have shapes but no values."""
    with keras.StatelessScope(initialize_variables=False):
        yield
    keras.utils.clear_session(free_memory=False)


@pytest.mark.parametrize(("classes", "parameters"), [(6, 14_457_222), (8, 14_458_760), (1000, 15_221_608)])
def test_published_parameter_counts(classes, parameters, without_allocation):
    assert trainable(build_model("medmamba", (224, 224, 3), classes)) == parameters


def test_stages_of_the_published_size(without_allocation):
    model = build_model("medmamba", (224, 224, 3), 6)
    shapes = [model.get_layer(f"medmamba_stage{stage}_block2").output.shape for stage in (1, 2, 3, 4)]
    assert shapes == [(None, 56, 56, 96), (None, 28, 28, 192), (None, 14, 14, 384), (None, 7, 7, 768)]
    assert model.get_layer("medmamba_vector").output.shape == (None, 768)


@pytest.mark.parametrize(("size", "channels"), [((28, 28), 1), ((28, 28), 3), ((17, 40), 2)])
def test_small_and_rectangular_images(size, channels, without_allocation):
    model = build_model("medmamba", (*size, channels), 2)
    sides = [-(-side // 32) for side in size]
    assert model.get_layer("medmamba_stage4_block2").output.shape == (None, *sides, 768)


def test_images_too_small_to_merge_are_refused():
    with pytest.raises(ModelError, match=r"17 x 16 pixels are too small for MedMamba.*17 x 17"):
        build_model("medmamba", (17, 16, 1), 2)


def test_weights_begin_as_in_the_public_code():
    block = build_model("medmamba", (28, 28, 1), 2).get_layer
    assert np.std(block("medmamba_stage3_block1_ssm_in").kernel) == pytest.approx(0.02, rel=0.02)
    convolution = block("medmamba_stage3_block1_conv1")
    assert np.std(convolution.kernel) == pytest.approx((2 / (9 * 192)) ** 0.5, rel=0.02)
    assert np.std(convolution.bias) == pytest.approx((3 * 9 * 192) ** -0.5, rel=0.2)
    depthwise = block("medmamba_stage3_block1_ssm_depthwise")
    assert np.std(depthwise.kernel) == pytest.approx((2 / (9 * 384)) ** 0.5, rel=0.1)
    assert np.std(depthwise.bias) == pytest.approx((3 * 9) ** -0.5, rel=0.2)


def test_what_is_dropped_grows_linearly(without_allocation):
    model = build_model("medmamba", (28, 28, 1), 2)
    rates = [layer.rate for layer in model.layers if layer.name.endswith("drop_path")]
    np.testing.assert_allclose(rates, np.linspace(0, 0.1, 10))


def test_the_same_seed_gives_the_same_network():
    weights = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        weights.append(small_network().get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_saved_network_predicts_the_same(tmp_path):
    model = small_network()
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0))


def test_one_compiled_pass_takes_batches_of_any_size():
    forward = compile_forward(small_network())
    parts = np.concatenate([forward(IMAGES[:1]), forward(IMAGES[1:])])
    np.testing.assert_allclose(parts, forward(IMAGES), atol=1e-6)


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_trained_network_loads_with_its_weights(backend, medmamba_results):
    _, computed = medmamba_results(backend)
    assert np.abs(computed["after"] - computed["before"]).max() > 1e-3
    np.testing.assert_allclose(computed["loaded"], computed["after"], atol=1e-6)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_tensorflow_and_jax_train_the_same(moment, medmamba_results):
    (_, tensorflow), (_, jax) = map(medmamba_results, ("tensorflow", "jax"))
    np.testing.assert_allclose(tensorflow[moment], jax[moment], atol=1e-4)


def test_mixed_precision_changes_the_logits_little(mixed_bfloat16):
    mixed = small_network()
    keras.config.set_dtype_policy("float32")
    full = small_network()
    full.set_weights(mixed.get_weights())
    assert {weight.dtype for weight in mixed.trainable_weights} == {"float32"}
    logits = [
        keras.Model(network.input, network.get_layer("logits").output).predict(IMAGES, verbose=0)
        for network in (full, mixed)
    ]
    np.testing.assert_allclose(logits[1], logits[0], atol=0.1 * np.abs(logits[0]).max())


def test_it_learns_where_bright_pixels_are():
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).uniform(0, 0.1, (32, 24, 24, 1)).astype(np.float32)
    labels = np.arange(32) % 2
    images[labels == 0, 4:8, 4:8] += 0.8
    images[labels == 1, 16:20, 16:20] += 0.8
    model = build_model("medmamba", (24, 24, 1), 2, **SMALL)
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(images, labels, batch_size=16, epochs=15, verbose=0)
    assert history.history["accuracy"][-1] > 0.9
