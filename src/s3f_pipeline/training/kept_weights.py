"""The weights that are validated and kept, which need not be those that are trained."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.training.statistics import BatchNormStatistics


class KeptWeights:
    """Averaged weights, and re-estimated statistics of batch normalisation, where settings ask for them.

    Args:
        model: The network, compiled by ``compile_network``.
        settings: ``ema`` and ``batch_norm_statistics``.
        images: uint8 of shape (N, H, W, C).
        sample: Rows of the images of which statistics are estimated.
    """

    def __init__(
        self, model: keras.Model, settings: TrainingSettings, images: np.ndarray, sample: np.ndarray
    ) -> None:
        """Find out which layers are trained."""
        self._model = model
        self._averaged = settings.ema is not None
        re_estimated = settings.batch_norm_statistics == "re-estimated"
        self._statistics = BatchNormStatistics(model) if re_estimated else None
        self._images, self._sample, self._batch_size = images, sample, settings.batch_size

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the network have them inside the block, and afterwards what it had before, to the bit."""
        if not self._averaged and self._statistics is None:
            yield
            return
        trained = self._model.get_weights()
        if self._averaged:
            self._model.optimizer.use_averages(self._model.trainable_variables)
        if self._statistics is not None:
            self._statistics.assign(self._images, self._sample, self._batch_size)
        yield
        self._model.set_weights(trained)


def statistics_sample(rows: np.ndarray, settings: TrainingSettings, seed: int) -> np.ndarray:
    """Draw the training images of which statistics are estimated, the same ones for the same seed."""
    return np.random.default_rng((seed, len(rows))).permutation(rows)[: settings.batch_norm_images]
