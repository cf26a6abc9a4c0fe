"""The runs of one network, all on the same images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.evaluation.predictions import check_predictions, class_indices, class_probabilities
from s3f_pipeline.evaluation.resampling import group_numbers


@dataclass(frozen=True)
class Images:
    """The images that all networks were asked about.

    Attributes:
        ids: Of each image, shape (n,).
        labels: Class number of each image, int64 of shape (n,).
        groups: Number of the group of each image, 0 to G - 1, int64 of shape (n,).
    """

    ids: NDArray[np.object_]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]

    @property
    def group_count(self) -> int:
        """Groups."""
        return int(self.groups.max()) + 1

    @property
    def singletons(self) -> NDArray[np.bool_]:
        """Whether each image is alone in its group: such images may be taken as independent."""
        return np.bincount(self.groups)[self.groups] == 1

    def groups_of(self, number: int) -> int:
        """Groups that have images of a class."""
        return len(np.unique(self.groups[self.labels == number]))


def align(
    tables: Mapping[str, Sequence[pd.DataFrame]], classes: Sequence[str]
) -> tuple[Images, dict[str, NDArray[np.float64]]]:
    """Bring the predictions of all networks into one order of images.

    Args:
        tables: Predictions of each run by network, of one split, as ``check_predictions`` wants them.
        classes: Class names of the cohort, in its order.

    Returns:
        The images, sorted by id, and the probabilities of each network, shape (runs, n, classes).

    Raises:
        ResultsError: If runs were not asked about the same images with the same labels and groups.
    """
    frames = {name: [_sorted(table, classes) for table in of_runs] for name, of_runs in tables.items()}
    first = next(iter(frames.values()))[0]
    shared = ["image_id", "label", "group"]
    for name, of_runs in frames.items():
        if any(not table[shared].equals(first[shared]) for table in of_runs):
            raise ResultsError(
                f"The predictions of {name} are not about the same images, labels and groups as the others. "
                f"Run it again on the split of today."
            )
    images = Images(
        first["image_id"].to_numpy(object),
        class_indices(first["label"], classes),
        group_numbers(first["group"]),
    )
    return images, {
        name: np.stack([class_probabilities(table, classes) for table in of_runs])
        for name, of_runs in frames.items()
    }


def _sorted(table: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    check_predictions(table, classes)
    return table.sort_values("image_id", ignore_index=True, kind="stable")
