"""What a network costs, read off the table of its layers."""

from collections.abc import Mapping, Sequence
from math import log2, prod
from typing import Any

PER_POSITION = ("Conv2D", "DepthwiseConv2D", "PointwiseConv2D")
"""Layers that use each weight once for each pixel of their output."""
ONCE = ("Dense",)
"""Layers that use each weight once."""
SPECTRAL = "SpectralFilter"
ELEMENTWISE = ("BatchNormalization", "FusedBatchNormalization", "LayerNormalization")
"""Layers with weights whose work is small beside that of the others, and is not counted."""
REAL_PER_COMPLEX = 4
"""Multiply-adds of a complex product that is added up."""
FFT_WORK = 1.25
"""Multiply-adds of a real FFT of N values, in units of N·log2 N."""


def multiply_adds(layers: Sequence[Mapping[str, Any]]) -> int | None:
    """Multiply-adds of one image, of convolutions, dense layers, spectral products and FFTs.

    Args:
        layers: ``type``, ``output_shape`` (batch first) and ``parameters`` of each layer.

    Returns:
        ``None`` where a layer with weights is of a type whose work cannot be told from its shape.
    """
    total = 0.0
    for layer in layers:
        kind, shape, parameters = layer["type"], layer["output_shape"][1:], layer["parameters"]
        if not parameters or kind in ELEMENTWISE:
            continue
        if kind in PER_POSITION:
            total += parameters * prod(shape[:-1])
        elif kind in ONCE:
            total += parameters
        elif kind == SPECTRAL:
            total += _spectral_work(shape, parameters)
        else:
            return None
    return round(total)


def _spectral_work(shape: Sequence[int], parameters: int) -> float:
    height, width, filters = shape
    weights = (parameters - filters) / 2  # real and imaginary parts, and a bias per filter
    channels = weights / (filters * height * (width // 2 + 1))
    pixels = height * width
    return REAL_PER_COMPLEX * weights + (channels + filters) * FFT_WORK * pixels * log2(pixels)
