"""Opening a bundle: nothing of it is used before it was checked."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.bundle.contents import (
    CARD,
    CHECKSUMS,
    LICENCE,
    MODEL,
    PREPROCESSING,
    check_files,
    checksum_of,
    read_checksums,
)
from s3f_pipeline.bundle.example import Example, tolerance
from s3f_pipeline.bundle.keras_file import read_keras_file
from s3f_pipeline.bundle.likeness import Neighbours
from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.bundle.references import FILES, References
from s3f_pipeline.errors import BundleError, S3FError
from s3f_pipeline.images.numpy_files import UNREADABLE, read_array_header

if TYPE_CHECKING:
    import keras

    from s3f_pipeline.bundle.network import FeatureNetwork

MOST_BYTES = {PREPROCESSING: 4 * 2**20, FILES[0]: 64 * 2**20, FILES[1]: 64 * 2**20}
MOST_BYTES_OF_OTHERS = 16 * 2**20
"""Of every file but the network, whose size its own loader judges."""


@dataclass(frozen=True)
class Bundle:
    """A bundle that was checked, but for its network.

    Attributes:
        folder: Where it lies.
        checksum: SHA-256 over all its files: the same for the same bundle, wherever it lies.
        preprocessing: What it says of itself.
        references: What it keeps of the training images.
        example: An input and what the network makes of it.
    """

    folder: Path
    checksum: str
    preprocessing: Preprocessing
    references: References
    example: Example

    @cached_property
    def neighbours(self) -> Neighbours:
        """The feature vectors of training images, to compute distances to."""
        kept = self.references.features.astype(np.float32)
        return Neighbours(kept, self.preprocessing.references.neighbours)

    def load_model(self) -> "keras.Model":
        """Load the network, safely.

        Raises:
            WeightsError: If the file is not safe to open.
            ModelError: If Keras refuses it.
            BundleError: If it cannot be loaded, its layers would take more memory than it has weights, or it
                takes other images, or has another number of outputs.
        """
        path = self.folder / MODEL
        with _loading(path):
            return self._loaded(path)

    def _loaded(self, path: Path) -> "keras.Model":
        from s3f_pipeline.models import load_model, weights_needed

        file = read_keras_file(path)
        needed = weights_needed(file.config)
        if needed > file.weights_size:
            raise BundleError(
                f"{path} holds {file.weights_size:,} bytes of weights, but its layers need {needed:,}. Get "
                f"the bundle again."
            )
        model = load_model(path)
        says = self.preprocessing
        expected = (says.input.shape, (says.outputs,))
        found = (tuple(model.input_shape[1:]), tuple(model.output_shape[1:]))
        if found != expected:
            raise BundleError(
                f"{path} takes images of shape {found[0]} and has outputs of shape {found[1]}, but "
                f"{PREPROCESSING} says {expected[0]} and {expected[1]}. Get the bundle again."
            )
        return model

    @cached_property
    def network(self) -> "FeatureNetwork":
        """The network, which makes of the example what it must.

        Raises:
            ModelError: As ``load_model``.
            BundleError: As ``load_model``, or if it says something else of the example.
        """
        model = self.load_model()
        from s3f_pipeline.bundle.network import FeatureNetwork

        with _loading(self.folder / MODEL):
            network = FeatureNetwork(model)
            found = network(self.example.image[None]).probabilities[0]
        expected = self.preprocessing.references.features
        if network.features != expected:
            raise BundleError(
                f"{self.folder / MODEL} has feature vectors of {network.features} numbers, but "
                f"{PREPROCESSING} says {expected}. Get the bundle again."
            )
        if not self.example.difference(found) <= tolerance(self.preprocessing.precision):
            raise BundleError(
                f"{self.folder / MODEL} makes {_written(found)} of the image in {self.folder / 'example'}, "
                f"expected is {_written(list(self.example.probabilities.values()))}. It is another network, "
                f"or computes wrongly here."
            )
        return network


@contextmanager
def _loading(path: Path) -> Iterator[None]:
    """Turn whatever Keras stumbles over in a file that somebody made into one message.

    Raises:
        BundleError: In place of any error that is not ours.
    """
    try:
        yield
    except (S3FError, MemoryError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise BundleError(
            f"{path} cannot be loaded as a network ({reason:.200}). Get the bundle again."
        ) from error


def open_bundle(folder: Path) -> Bundle:
    """Open a bundle; the network is loaded when it is asked for.

    Raises:
        BundleError: If a file is missing, is not what it was, or is of a version that cannot be read.
    """
    if not folder.is_dir():
        raise BundleError(f"There is no folder {folder}.")
    sums = read_checksums(folder)
    if missing := [name for name in (MODEL, PREPROCESSING, CARD, LICENCE, *FILES) if name not in sums]:
        raise BundleError(f"{folder / CHECKSUMS} has no checksum of {missing[0]}. Get the bundle again.")
    for name in sums.keys() - {MODEL}:
        path = folder / name
        if path.is_file() and path.stat().st_size > MOST_BYTES.get(name, MOST_BYTES_OF_OTHERS):
            raise BundleError(f"{path} is too large. Get the bundle again.")
    check_files(folder, sums)
    says = Preprocessing.read(folder / PREPROCESSING)
    return Bundle(
        folder,
        checksum_of(sums),
        says,
        _references(folder, says),
        Example.read(folder, says.classes, says.input.shape),
    )


def _references(folder: Path, says: Preprocessing) -> References:
    facts = says.references
    features = _array(folder / FILES[0], np.float16, (facts.images, facts.features))
    hashes = _array(folder / FILES[1], np.uint64, (facts.training_images,))
    if not 0 < facts.neighbours <= facts.images:
        raise BundleError(f"{folder / PREPROCESSING} contradicts itself: neighbours is {facts.neighbours}.")
    return References(features, hashes)


def _array(path: Path, kind: type, shape: tuple[int, ...]) -> NDArray:
    """Read an array, without pickle.

    Raises:
        BundleError: If it is none, or another one.
    """
    try:
        with path.open("rb") as file:
            header = read_array_header(file)
            values: NDArray = np.fromfile(file, kind)
    except UNREADABLE as error:
        raise BundleError(f"{path} is damaged. Get the bundle again.") from error
    if (header.shape, header.dtype, values.size) != (shape, kind, math.prod(shape)) or header.is_fortran:
        raise BundleError(
            f"{path} has the shape {header.shape} and type {header.dtype}, expected is {shape} and "
            f"{np.dtype(kind)}. Get the bundle again."
        )
    return values.reshape(shape)


def _written(probabilities: Sequence[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in probabilities)
