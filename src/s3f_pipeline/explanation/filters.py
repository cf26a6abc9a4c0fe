"""Spectral filters as they began and as they were learned."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.backend.fft import hermitian_part
from s3f_pipeline.explanation.parts import SPECTRAL_FILTERS
from s3f_pipeline.explanation.radial import radial_profile
from s3f_pipeline.models.layers import CompactSpectralFilter, SpectralFilter
from s3f_pipeline.models.layers.compact_spectral_filter import interpolation

Floats = NDArray[np.float32]
DRAWN = 6
"""Filters that are drawn."""


def filter_layers(model: keras.Model) -> list[keras.Layer]:
    """The spectral filters of a network, in order."""
    return [layer for layer in model.layers if layer.name in SPECTRAL_FILTERS]


def magnitudes(layer: keras.Layer, height: int, width: int) -> Floats:
    """Magnitude of the kernels of a filter, mean over input channels, one channel at a time.

    Args:
        layer: ``SpectralFilter`` or ``CompactSpectralFilter``.
        height: Of its images.
        width: Of its images.

    Returns:
        float32 of shape (filters, height, width // 2 + 1): of what acts on a real image, that is, of the
        Hermitian part.
    """
    channels = layer.input.shape[-1]
    total = np.zeros((layer.filters, height, width // 2 + 1), np.float32)
    for channel in range(channels):
        total += np.abs(_kernel(layer, channel, height, width))
    return total / channels


def filters_block(initial: list[Floats] | None, learned: dict[str, Floats], width: int) -> dict[str, Any]:
    """Radial profile of each spectral filter.

    Args:
        initial: Magnitudes as the weights were drawn, in the order of ``learned``; ``None`` where they are
            not known.
        learned: Magnitudes by name of the layer.
        width: Of the images.

    Returns:
        By layer ``frequencies`` (cycles per image), ``initial`` (or ``None``) and ``learned``: mean magnitude
        of all kernels.
    """
    block = {}
    for number, (name, found) in enumerate(learned.items()):
        profile = radial_profile(found.mean(axis=0), width)
        before = None if initial is None else radial_profile(initial[number].mean(axis=0), width)
        block[name] = {
            "frequencies": list(range(len(profile))),
            "initial": None if before is None else before.tolist(),
            "learned": profile.tolist(),
        }
    return block


def most_changed(initial: Floats | None, learned: Floats) -> NDArray[np.int64]:
    """Numbers of the filters whose magnitude changed most (root mean square), most first."""
    change = learned if initial is None else learned - initial
    return np.argsort(-np.square(change).mean(axis=(1, 2)), kind="stable")[:DRAWN]


def whole_spectrum(half: Floats, width: int) -> Floats:
    """Magnitudes of a whole spectrum with the mean in the middle, of those of a half one, (H, W // 2 + 1).

    The whole spectrum of a real image is symmetric about frequency 0.
    """
    height = half.shape[0]
    mirrored = np.roll(half[::-1], 1, axis=0)[:, 1 : width - width // 2][:, ::-1]
    whole = np.concatenate([half, mirrored], axis=1)
    return np.roll(whole, (height // 2, width // 2), axis=(0, 1))


def _kernel(layer: keras.Layer, channel: int, height: int, width: int) -> NDArray[np.complex64]:
    if isinstance(layer, SpectralFilter):
        parts = [_array(weight[channel]) for weight in (layer.real, layer.imag)]
    elif isinstance(layer, CompactSpectralFilter):
        parts = _compact(layer, channel, height, width)
    else:
        raise TypeError(f"{layer.name} is no spectral filter. Received: {type(layer).__name__}")
    real, imag = (
        keras.ops.convert_to_numpy(hermitian_part(keras.ops.convert_to_tensor(part), width, sign=sign))
        for part, sign in zip(parts, (1, -1), strict=True)
    )
    return real + 1j * imag


def _compact(layer: CompactSpectralFilter, channel: int, height: int, width: int) -> list[Floats]:
    """``K[c, f] = sum_r A[c, r] B[r, f] G[r]`` of one input channel."""
    mixed = _array(layer.mix_in)[channel][:, None] * _array(layer.mix_out)
    rows = interpolation(np.fft.fftfreq(height, 1 / height), layer.nodes, negative=True)
    columns = interpolation(np.fft.rfftfreq(width, 1 / width), layer.nodes, negative=False)
    return [
        np.einsum("rf,rhw->fhw", mixed, rows @ _array(grid) @ columns.T) for grid in (layer.real, layer.imag)
    ]


def _array(weight: Any) -> Floats:
    return np.asarray(keras.ops.convert_to_numpy(weight), np.float32)
