"""Images through a network batch by batch, in constant memory, and how far that is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from s3f_pipeline.backend.functions import Function
from s3f_pipeline.training.batches import ImageBatches

Advance = Callable[[int], object]
"""Is told how many images have been through the network."""


@dataclass(frozen=True)
class Store:
    """Images that are looked at.

    Attributes:
        images: uint8 of shape (N, H, W, C), usually memory-mapped.
        batch_size: Images per step of a forward pass.
        advance: Told of images that are done.
    """

    images: np.ndarray
    batch_size: int
    advance: Advance

    def batches(self, rows: np.ndarray, size: int | None = None) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield places in ``rows`` and their images, float32 in [0, 1], (B, H, W, C), as for training."""
        size = size or self.batch_size
        batches = ImageBatches(self.images, rows, batch_size=size)
        for number in range(batches.num_batches):
            batch = batches[number]
            yield slice(number * size, number * size + len(batch)), batch
            self.advance(len(batch))

    def run(self, function: Function, rows: np.ndarray) -> list[np.ndarray]:
        """Outputs of a function of images, one array per output, of the images of ``rows``."""
        parts = [function([batch]) for _, batch in self.batches(rows)]
        return [np.concatenate(each) for each in zip(*parts, strict=True)]


def in_chunks(function: Function, *inputs: np.ndarray, size: int = 256) -> np.ndarray:
    """First output of a function of vectors, many rows at a time."""
    starts = range(0, len(inputs[0]), size)
    return np.concatenate([function([each[first : first + size] for each in inputs])[0] for first in starts])
