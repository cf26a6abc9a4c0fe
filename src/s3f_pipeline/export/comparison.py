"""Whether an exported network says what the trained one does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.errors import ExportError
from s3f_pipeline.export.conversion import Network

TOLERANCE = 1e-4
"""By which a probability may differ in float32."""
BATCHES = (1, 3, 16, 32)
"""Numbers of images that are given at once, in turns."""


@dataclass(frozen=True)
class ImagesToCompare:
    """Images on which networks are compared.

    Attributes:
        pixels: uint8 of shape (n, H, W, C).
        origin: What they are, such as ``100 test images of brisc``.
    """

    pixels: NDArray[np.uint8]
    origin: str


@dataclass(frozen=True)
class Equality:
    """How far the exported network is from the trained one.

    Attributes:
        images: On so many.
        origin: What they are.
        largest_difference: Of a probability, from that of the network in float32.
        largest_difference_as_trained: Likewise, from the network in the precision of its training.
        tolerance: Of the first.
    """

    images: int
    origin: str
    largest_difference: float
    largest_difference_as_trained: float
    tolerance: float = TOLERANCE


def compare(
    exported: Network, in_float32: Network, as_trained: NDArray[np.floating], images: ImagesToCompare
) -> Equality:
    """Compare probabilities, on batches of several sizes.

    Args:
        exported: The file, in onnxruntime.
        in_float32: The network of Keras.
        as_trained: Probabilities (n, classes) of the network in the precision of its training.
        images: At least one.

    Raises:
        ExportError: If the exported network differs by more than ``TOLERANCE``, or says no numbers.
    """
    found, expected = [], []
    for batch in _batches(images.pixels):
        values = batch.astype(np.float32) / np.float32(255)
        found.append(exported(values))
        expected.append(in_float32(values))
    probabilities = np.concatenate(found)
    equality = Equality(
        len(probabilities),
        images.origin,
        _largest(probabilities, np.concatenate(expected)),
        _largest(probabilities, as_trained),
    )
    if not equality.largest_difference <= TOLERANCE:  # nor is what is no number
        raise ExportError(
            f"The exported network differs from Keras' by {equality.largest_difference:.1e} on "
            f"{images.origin}, and {TOLERANCE:.0e} is allowed. Nothing was exported."
        )
    return equality


def _batches(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    sizes = np.resize(BATCHES, len(pixels))
    starts = np.cumsum(sizes)
    return np.split(pixels, starts[starts < len(pixels)])


def _largest(found: NDArray[np.floating], expected: NDArray[np.floating]) -> float:
    return float(np.abs(found - expected).max())
