"""Compute layers, their gradients and networks with the backend that KERAS_BACKEND names.

Usage: python worker_backend.py <folder>. The inputs stand in the results beside the outputs.
"""

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from numpy_layers import draw_weights

from s3f_pipeline.backend.devices import jit_compile
from s3f_pipeline.models import build_model, load_model
from s3f_pipeline.models.layers import BilinearFusion, SpectralFilter
from s3f_pipeline.models.networks import VARIANTS

BATCH, FILTERS = 2, 5
IMAGE_SHAPES = [(12, 10, 1), (12, 10, 3), (9, 12, 1), (9, 12, 3), (10, 7, 1), (7, 9, 3), (33, 40, 3)]
OWN_TESTS = ("medmamba", "medspectralnet", "convnext_tiny", "efficientnet_v2_b0", "densenet121")
# Fusions take SN2 as they take SN1, so SN2 is computed alone; these are made of what the others compute.
LEFT_OUT = {name for name in VARIANTS if name.endswith("_sn2") and name != "spectral_sn2"}
LEFT_OUT |= {"concat_sn1", "spatial_wide_sn1"}
NETWORKS = {
    network: name for name, network in VARIANTS.items() if name not in {*OWN_TESTS, *LEFT_OUT}
}.values()
NETWORK_SHAPE, NETWORK_CLASSES = (20, 18, 3), 4


def draw(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def output_and_gradients(layer, inputs, cotangent):
    """Output of a layer, and the gradients of sum(output * cotangent) by each input and each weight."""
    single = len(inputs) == 1
    if keras.backend.backend() == "jax":
        import jax

        def forward(inputs, weights):
            return layer.stateless_call(weights, [], inputs[0] if single else inputs)[0]

        @jax.jit
        def forward_and_back(inputs, weights, cotangent):
            output, pull_back = jax.vjp(forward, inputs, weights)
            return output, pull_back(cotangent)

        weights = [weight.value for weight in layer.weights]
        output, (by_input, by_weight) = forward_and_back(inputs, weights, cotangent)
        return output, [*by_input, *by_weight]

    import tensorflow as tf

    inputs = [tf.constant(each) for each in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = layer(inputs[0] if single else inputs)
        total = tf.reduce_sum(output * cotangent)
    return output, tape.gradient(total, [*inputs, *(weight.value for weight in layer.weights)])


def spectral_filter(rng, shape):
    x, cotangent = draw(rng, BATCH, *shape), draw(rng, BATCH, *shape[:2], FILTERS)
    layer = SpectralFilter(FILTERS)
    layer.build((None, *shape))
    weights = [draw(rng, *weight.shape) for weight in layer.weights]
    layer.set_weights(weights)
    output, gradients = output_and_gradients(layer, [x], cotangent)
    names = ["x", "real", "imag", "bias"]
    return {
        **dict(zip(names, [x, *weights], strict=True)),
        **{f"d_{name}": gradient for name, gradient in zip(names, gradients, strict=True)},
        "cotangent": cotangent,
        "output": output,
    }


def bilinear_fusion(rng):
    a, b, cotangent = draw(rng, BATCH, 7), draw(rng, BATCH, 4), draw(rng, BATCH, 28)
    layer = BilinearFusion()
    layer.build([a.shape, b.shape])
    output, (d_a, d_b) = output_and_gradients(layer, [a, b], cotangent)
    zero = np.zeros_like(b)
    zero_output, (zero_d_a, zero_d_b) = output_and_gradients(layer, [a, zero], cotangent)
    return {
        **{"a": a, "b": b, "cotangent": cotangent, "output": output, "d_a": d_a, "d_b": d_b},
        **{"zero_output": zero_output, "zero_d_a": zero_d_a, "zero_d_b": zero_d_b},
    }


def network(rng, variant):
    """What a network with weights of a fixed seed makes of unlike images, before and after a training step.

    The head is scaled to logits of at most 1, so that no class is certain and all weights are trained.
    """
    model = build_model(variant, NETWORK_SHAPE, NETWORK_CLASSES)
    draw_weights(model, rng)
    images = np.stack([rng.uniform(size=NETWORK_SHAPE) ** power for power in (1, 2, 4, 8)]).astype(np.float32)
    heads = keras.Model(model.input, [model.get_layer(name).output for name in ("logits", "probabilities")])
    head = model.get_layer("logits")
    largest = np.abs(heads.predict(images, verbose=0)[0]).max()
    head.set_weights([weight / largest for weight in head.get_weights()])
    logits, probabilities = heads.predict(images, verbose=0)
    loss, loaded = train(model, images)
    trained = heads.predict(images, verbose=0)[1]
    results = {"logits": logits, "probabilities": probabilities, "loss": loss}
    return {**results, "trained": trained, "loaded": loaded}


def train(model, images):
    """Train a step without dropout, save, load, and predict."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    model.compile(keras.optimizers.SGD(1e-3), "sparse_categorical_crossentropy", jit_compile=jit_compile())
    loss = model.train_on_batch(images, np.arange(len(images)) % NETWORK_CLASSES)
    with TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.keras")
        return loss, load_model(Path(folder) / "model.keras").predict(images, verbose=0)


# A draw in which bilinear fusion multiplies nothing to nearly 0, where its root is steep and rounding shows.
seeded = partial(np.random.default_rng, 3)
results = {
    **{"x".join(map(str, shape)): spectral_filter(seeded(), shape) for shape in IMAGE_SHAPES},
    "bilinear_fusion": bilinear_fusion(seeded()),
    **{variant: network(seeded(), variant) for variant in NETWORKS},
}
np.savez(
    Path(sys.argv[1]) / f"{keras.backend.backend()}.npz",
    **{
        f"{case}/{name}": np.asarray(array)
        for case, arrays in results.items()
        for name, array in arrays.items()
    },
)
