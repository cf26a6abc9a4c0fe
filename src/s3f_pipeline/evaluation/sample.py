"""Labels, probabilities and groups of the images of one split, as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.evaluation.predictions import class_indices, class_probabilities
from s3f_pipeline.evaluation.resampling import group_numbers


@dataclass(frozen=True)
class Sample:
    """Images of one split.

    Attributes:
        labels: Class numbers, shape (n,).
        probabilities: Of each class, shape (n, classes).
        groups: Number of each image's group, from 0 without gaps, shape (n,).
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    groups: NDArray[np.int64]

    @classmethod
    def of(cls, predictions: pd.DataFrame, classes: Sequence[str]) -> Self:
        """Take the rows of one split of the table of predictions."""
        return cls(
            labels=class_indices(predictions["label"], classes),
            probabilities=class_probabilities(predictions, classes),
            groups=group_numbers(predictions["group"]),
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Sample":
        """The images that are chosen, at least one, their groups numbered anew."""
        _, groups = np.unique(self.groups[chosen], return_inverse=True)
        return Sample(self.labels[chosen], self.probabilities[chosen], groups.astype(np.int64))

    def with_probabilities(self, probabilities: NDArray[np.float64]) -> "Sample":
        """The same images with other probabilities, shape (n, classes)."""
        return replace(self, probabilities=probabilities)

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return int(self.groups.max()) + 1

    @property
    def shares(self) -> NDArray[np.float64]:
        """1 / size of each image's group, shape (n,): what an image weighs where groups weigh the same."""
        return np.asarray(1 / np.bincount(self.groups)[self.groups])
