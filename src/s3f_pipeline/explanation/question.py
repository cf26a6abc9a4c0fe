"""What an explanation is about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.evaluation.sample import Sample
from s3f_pipeline.explanation.means import Grouped
from s3f_pipeline.explanation.settings import ExplanationSettings


@dataclass(frozen=True)
class Question:
    """A network, and the images that it is looked at on.

    Attributes:
        model: The network.
        images: Image store, uint8 of shape (N, H, W, C).
        classes: Names of the classes, in the order of the outputs.
        test: Predictions of the test images: ``image_id``, ``group``, ``label``, ``p_<class>``.
        test_rows: Their rows in the store.
        training: ``image_id``, ``group`` and ``label`` of the training images.
        training_rows: Their rows in the store.
        held_out: Predictions of validation and test images, with ``split``.
        settings: How much is looked at.
        replicates: How often groups are drawn for an interval.
        confidence: Nominal coverage of intervals, inside (0, 1).
        batch_size: Images per step.
        initial: Builds the network as it was before training, or ``None`` where that cannot be done.
    """

    model: keras.Model
    images: np.ndarray
    classes: Sequence[str]
    test: pd.DataFrame
    test_rows: NDArray[np.int64]
    training: pd.DataFrame
    training_rows: NDArray[np.int64]
    held_out: pd.DataFrame
    settings: ExplanationSettings
    replicates: int
    confidence: float
    batch_size: int
    initial: Callable[[], keras.Model] | None

    @cached_property
    def sample(self) -> Sample:
        """Labels, probabilities and groups of the test images."""
        return Sample.of(self.test, self.classes)

    def grouped(self, places: NDArray[np.int64]) -> Grouped:
        """Some of the test images, for means over them."""
        _, groups = np.unique(self.sample.groups[places], return_inverse=True)
        return Grouped(
            self.classes,
            self.sample.labels[places],
            groups.astype(np.int64),
            self.replicates,
            self.confidence,
            self.settings.seed,
        )
