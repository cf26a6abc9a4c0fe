"""Means of figures of images, over all and by true class, with intervals over groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.evaluation.estimates import estimates, interval
from s3f_pipeline.evaluation.ratios import ratios
from s3f_pipeline.evaluation.resampling import weights_with_itself


@dataclass(frozen=True)
class Grouped:
    """The images that figures are of.

    Attributes:
        classes: Names of the classes.
        labels: True class numbers, shape (n,).
        groups: Number of each image's group, from 0 without gaps, shape (n,).
        replicates: How often groups are drawn for an interval.
        confidence: Nominal coverage of intervals, inside (0, 1).
        seed: Of the draws.
    """

    classes: Sequence[str]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    replicates: int
    confidence: float
    seed: int

    @cached_property
    def weights(self) -> NDArray[np.int32]:
        """How often each group counts: once, then as drawn."""
        return weights_with_itself(self.labels, self.groups, replicates=self.replicates, seed=self.seed)

    def means(self, figures: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
        """State means of figures of images, each of shape (n,).

        Returns:
            ``overall`` and ``per_class`` {class that has images}: ``values`` and ``intervals`` by figure.
        """
        every = np.ones(len(self.labels), bool)
        present = {number: name for number, name in enumerate(self.classes) if (self.labels == number).any()}
        return {
            "overall": self._block(figures, every),
            "per_class": {
                name: self._block(figures, self.labels == number) for number, name in present.items()
            },
        }

    def interval_of_mean(self, values: NDArray[np.float64]) -> dict[str, Any]:
        """Interval of the mean of a figure of all images, shape (n,)."""
        found = self._replicates(values, np.ones(len(values), bool))
        stated = interval("mean", found, self.groups, confidence=self.confidence)
        assert stated is not None  # there are images, and the mean exists
        return stated

    def _block(self, figures: Mapping[str, NDArray[np.float64]], chosen: NDArray[np.bool_]) -> dict[str, Any]:
        stated = estimates(
            {name: self._replicates(values, chosen) for name, values in figures.items()},
            self.groups,
            about=dict.fromkeys(figures, chosen),
            confidence=self.confidence,
        )
        return {"values": {name: stated[name] for name in figures}, "intervals": stated["intervals"]}

    def _replicates(self, values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        counted = chosen.astype(np.float64)[:, None]
        return ratios(values[:, None] * counted, counted, self.groups, self.weights)[:, 0]
