"""Batches from the memory-mapped image store."""

from functools import partial
from typing import Any

import keras
import numpy as np

from s3f_pipeline.backend.distribution import ONE_DEVICE, Spread
from s3f_pipeline.recipe import UNCHANGED, Augmentation
from s3f_pipeline.training.augmentation import vary


class ImageBatches(keras.utils.PyDataset):
    """Batches of float32 images in [0, 1], in an order that (seed, epoch) alone decides.

    Args:
        images: uint8 of shape (N, H, W, C), usually memory-mapped.
        rows: Rows of ``images`` to draw from.
        labels: Class number of each of ``rows``; ``None`` yields images only.
        batch_size: Images per batch; the last one may be smaller.
        seed: ``None`` keeps the order of ``rows``.
        sample_weights: Weight of each of ``rows`` in the loss.
        epoch: The epoch to begin with, counted from 0.
        spread: Each device takes as many images of a batch as every other; what is left over at the end of an
            epoch, others each time, is left out. This process takes its part of the batch.
        augmentation: How images are varied; the same for the same (seed, epoch, row), in any batch.
    """

    def __init__(
        self,
        images: np.ndarray,
        rows: np.ndarray,
        *,
        batch_size: int,
        labels: np.ndarray | None = None,
        seed: int | None = None,
        sample_weights: np.ndarray | None = None,
        epoch: int = 0,
        spread: Spread = ONE_DEVICE,
        augmentation: Augmentation = UNCHANGED,
    ) -> None:
        """Start before the epoch."""
        super().__init__()
        self._images = images
        self._rows = rows
        self._labels = labels
        self._weights = sample_weights
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = epoch
        self._process = spread.process
        self._augmentation = augmentation
        self._count = len(rows) // spread.devices * spread.devices
        self._order = self._permutation()

    @property
    def num_batches(self) -> int:
        """Batches per epoch."""
        return -(-self._count // self._batch_size)

    def __getitem__(self, number: int) -> Any:
        """Return batch ``number``: images, then labels and weights where there are any."""
        end = min((number + 1) * self._batch_size, self._count)
        drawn = self._order[number * self._batch_size : end]
        share = len(drawn) // self._process.count
        chosen = drawn[self._process.number * share : (self._process.number + 1) * share]
        batch = self._images[self._rows[chosen]].astype(np.float32)
        batch /= 255.0
        if self._augmentation != UNCHANGED:
            self._vary(batch, self._rows[chosen])
        if self._labels is None:
            return batch
        if self._weights is None:
            return batch, self._labels[chosen]
        return batch, self._labels[chosen], self._weights[chosen]

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self._epoch += 1
        self._order = self._permutation()

    def _vary(self, batch: np.ndarray, rows: np.ndarray) -> None:
        for number, row in enumerate(rows):
            rng = np.random.default_rng((self._seed or 0, self._epoch, int(row)))
            batch[number] = vary(self._augmentation, batch[number], rng, partial(self._draw, rng))

    def _draw(self, rng: np.random.Generator) -> np.ndarray:
        return self._images[rng.choice(self._rows)].astype(np.float32) / 255.0

    def _permutation(self) -> np.ndarray:
        if self._seed is None:
            return np.arange(len(self._rows))
        return np.random.default_rng((self._seed, self._epoch)).permutation(len(self._rows))


def balanced_class_weights(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Weight of each class, n / (num_classes * n_class), as scikit-learn's ``balanced``.

    Args:
        labels: Class numbers of the training images; every class occurs.
        num_classes: Number of classes.
    """
    counts = np.bincount(labels, minlength=num_classes)
    return len(labels) / (num_classes * counts)
