"""Layers of trained networks in NumPy and float64, from their definitions."""

import numpy as np


def weights_of(layer):
    """By name, in float64."""
    return {weight.name: np.asarray(weight).astype(np.float64) for weight in layer.weights}


def convolve(x, layer, stride=1):
    """Zeros outside, every ``stride``-th pixel; each channel alone where the layer is depthwise."""
    weights = weights_of(layer)
    kernel = weights["kernel"]
    margin = len(kernel) // 2
    padded = np.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2], axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    depthwise = type(layer).__name__ == "DepthwiseConv2D"
    sums = "bhwcij,ijcm->bhwc" if depthwise else "bhwcij,ijco->bhwo"
    return np.einsum(sums, windows, kernel, optimize=True) + weights.get("bias", 0.0)


def normalise_batch(x, layer):
    """Batch normalisation by its moving statistics."""
    weights = weights_of(layer)
    scale = weights["gamma"] / np.sqrt(weights["moving_variance"] + layer.epsilon)
    return (x - weights["moving_mean"]) * scale + weights["beta"]


def normalise_layer(x, layer):
    """Layer normalisation over channels."""
    weights = weights_of(layer)
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + layer.epsilon)
    return centred / deviation * weights["gamma"] + weights["beta"]


def relu(x):
    """What is above zero."""
    return np.maximum(x, 0)


def silu(x):
    """x times its sigmoid."""
    return x / (1 + np.exp(-x))


def draw_weights(model, rng):
    """Give a network weights of which each matters, and outputs that stay of one size from layer to layer."""
    for weight in model.weights:
        match weight.name:
            case "gamma" | "moving_variance":
                values = rng.uniform(0.5, 1.5, weight.shape)
            case "real" | "imag" | "mix_in" | "mix_out":
                values = rng.normal(size=weight.shape)
            case "kernel":
                values = rng.normal(0, np.sqrt(2 / np.prod(weight.shape[:-1])), weight.shape)
            case "bias" | "beta" | "moving_mean":
                values = rng.normal(0, 0.1, weight.shape)
            case "seed_generator_state":
                continue
        weight.assign(values.astype(np.float32))


def disturb(model):
    """Move all weights away from where they begin, so that none is one or zero; variances stay positive."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "seed" not in weight.name:
            weight.assign(np.abs(weight + rng.normal(0, 0.1, weight.shape)) if "variance" in weight.name
                          else weight + rng.normal(0, 0.1, weight.shape))  # fmt: skip
