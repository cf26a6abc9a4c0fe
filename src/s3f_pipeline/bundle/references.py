"""What a bundle keeps of the training images, so that new ones can be compared with them."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FILES = ("training_features.npy", "training_hashes.npy")


@dataclass(frozen=True)
class References:
    """Feature vectors and hashes of training images.

    Attributes:
        features: Of length 1, float16 of shape (images, d).
        hashes: Of all training images, uint64 of shape (training images,).
    """

    features: NDArray[np.float16]
    hashes: NDArray[np.uint64]

    def files(self) -> dict[str, bytes]:
        """The files that hold them."""
        return {FILES[0]: _npy(self.features), FILES[1]: _npy(self.hashes)}


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    return buffer.getvalue()
