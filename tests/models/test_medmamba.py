import keras
import numpy as np
import pytest
from numpy_layers import convolve, disturb, normalise_batch, normalise_layer, relu, silu, weights_of
from rounding import assert_logits_off_by_rounding

from s3f_pipeline.backend.devices import jit_compile
from s3f_pipeline.backend.forward import compile_forward
from s3f_pipeline.errors import ModelError
from s3f_pipeline.models import build_model, load_model

SMALL = {"depths": (1, 2, 1), "channels": 16}
IMAGES = np.random.default_rng(0).uniform(size=(4, 30, 21, 3)).astype(np.float32)


def small_network(**options):
    return build_model("medmamba", IMAGES.shape[1:], 4, **{**SMALL, **options})


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize(("classes", "parameters"), [(6, 14_457_222), (8, 14_458_760), (1000, 15_221_608)])
def test_published_parameter_counts(classes, parameters, no_weights):
    assert trainable(build_model("medmamba", (224, 224, 3), classes)) == parameters


def test_stages_of_the_published_size(no_weights):
    model = build_model("medmamba", (224, 224, 3), 6)
    shapes = [model.get_layer(f"medmamba_stage{stage}_block2").output.shape for stage in (1, 2, 3, 4)]
    assert shapes == [(None, 56, 56, 96), (None, 28, 28, 192), (None, 14, 14, 384), (None, 7, 7, 768)]
    assert model.get_layer("medmamba_vector").output.shape == (None, 768)


@pytest.mark.parametrize(("size", "channels"), [((28, 28), 1), ((28, 28), 3), ((17, 40), 2)])
def test_small_and_rectangular_images(size, channels, no_weights):
    model = build_model("medmamba", (*size, channels), 2)
    sides = [-(-side // 32) for side in size]
    assert model.get_layer("medmamba_stage4_block2").output.shape == (None, *sides, 768)


def test_a_block_equals_its_definition():
    model = build_model("medmamba", (20, 28, 1), 2, depths=(1,), channels=8)
    disturb(model)
    layer = model.get_layer
    name = "medmamba_stage1_block1"
    before, found = keras.Model(model.input, [layer("medmamba_patches_norm").output, layer(name).output])(
        np.random.default_rng(1).uniform(size=(3, 20, 28, 1)).astype(np.float32)
    )
    x = np.asarray(before).astype(np.float64)
    left, right = x[..., :4], x[..., 4:]
    left = normalise_batch(left, layer(f"{name}_conv_norm1"))
    for number in (1, 2):
        left = convolve(left, layer(f"{name}_conv{number}"))
        left = relu(normalise_batch(left, layer(f"{name}_conv_norm{number + 1}")))
    left = relu(convolve(left, layer(f"{name}_conv3")))
    right = normalise_layer(right, layer(f"{name}_norm"))
    right, gate = np.split(right @ weights_of(layer(f"{name}_ssm_in"))["kernel"], 2, axis=-1)
    right = silu(convolve(right, layer(f"{name}_ssm_depthwise")))
    right = np.asarray(layer(f"{name}_ssm_scan")(right.astype(np.float32)))  # has its own reference
    right = normalise_layer(right, layer(f"{name}_ssm_norm")) * silu(gate)
    right = right @ weights_of(layer(f"{name}_ssm_out"))["kernel"]
    expected = x + np.stack([left, right], axis=-1).reshape(x.shape)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_depths_and_channels_are_checked():
    for options in ({"depths": []}, {"channels": 95}):
        with pytest.raises(ModelError, match="at least one stage and an even number of channels"):
            build_model("medmamba", (28, 28, 1), 2, **options)


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


def test_what_is_dropped_grows_linearly(no_weights):
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
    assert {weight.dtype for weight in mixed.trainable_weights} == {"float32"}
    assert_logits_off_by_rounding(mixed, full, IMAGES)


@pytest.mark.long
def test_it_learns_where_bright_pixels_are():
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).uniform(0, 0.1, (32, 24, 24, 1)).astype(np.float32)
    labels = np.arange(32) % 2
    images[labels == 0, 4:8, 4:8] += 0.8
    images[labels == 1, 16:20, 16:20] += 0.8
    model = build_model("medmamba", (24, 24, 1), 2, **SMALL)
    model.compile(
        keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"],
        jit_compile=jit_compile(),
    )  # fmt: skip
    history = model.fit(images, labels, batch_size=16, epochs=15, verbose=0)
    assert history.history["accuracy"][-1] > 0.9
