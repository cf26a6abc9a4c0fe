"""All networks on the same images, with every figure under the same resamples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s3f_pipeline.comparison.repeats import Images, align
from s3f_pipeline.comparison.replicated import Replicated
from s3f_pipeline.comparison.verdicts import FEW_GROUPS
from s3f_pipeline.evaluation.replicates import replicate_figures
from s3f_pipeline.evaluation.resampling import weights_with_itself

FIGURES = (
    "balanced_accuracy",
    "accuracy",
    "macro_f1",
    "weighted_f1",
    "kappa",
    "mcc",
    "auc_macro",
    "average_precision_macro",
    "loss",
    "brier",
    "ece",
)
LESS_IS_BETTER = ("loss", "brier", "ece")


@dataclass(frozen=True)
class Study:
    """All networks on the images of one split.

    Attributes:
        classes: Class names.
        images: That all were asked about.
        probabilities: Of each network, shape (runs, n, classes).
        figures: By network and name; those that do not exist on these images are left out.
    """

    classes: tuple[str, ...]
    images: Images
    probabilities: Mapping[str, NDArray[np.float64]]
    figures: Mapping[str, Mapping[str, Replicated]]

    @property
    def groups_by_class(self) -> dict[str, int]:
        """Groups that have images of each class."""
        return {name: self.images.groups_of(number) for number, name in enumerate(self.classes)}

    @property
    def sample_df(self) -> int:
        """Groups less classes that have images, at least 1."""
        return max(1, self.images.group_count - len(np.unique(self.images.labels)))

    @property
    def flag(self) -> str | None:
        """Why not to rely on intervals, ``None`` where no class that has images speaks against it."""
        few = min(filter(None, self.groups_by_class.values())) < FEW_GROUPS
        return f"fewer than {FEW_GROUPS} groups in a class" if few else None

    @property
    def one_class_runs(self) -> dict[str, int]:
        """Runs of each network that call every image the same class, of networks that have any."""
        counts = {
            name: sum(len(np.unique(of_run.argmax(axis=1))) == 1 for of_run in of_network)
            for name, of_network in self.probabilities.items()
        }
        return {name: count for name, count in counts.items() if count}

    def of(self, figure: str) -> dict[str, Replicated]:
        """One figure of all networks; empty if one has it not."""
        if any(figure not in figures for figures in self.figures.values()):
            return {}
        return {name: figures[figure] for name, figures in self.figures.items()}


def study(
    tables: Mapping[str, Sequence[pd.DataFrame]], classes: Sequence[str], *, replicates: int, seed: int
) -> Study:
    """Compute every figure of every run under the same resamples.

    Args:
        tables: Predictions of each run by network, of one split.
        classes: Class names of the cohort.
        replicates: Resamples of the groups.
        seed: Of the resamples.

    Raises:
        ResultsError: As ``align``.
    """
    images, probabilities = align(tables, classes)
    weights = weights_with_itself(images.labels, images.groups, replicates=replicates, seed=seed)
    figures = {name: _figures(images, of_runs, weights) for name, of_runs in probabilities.items()}
    return Study(tuple(classes), images, probabilities, figures)


def _figures(
    images: Images, probabilities: NDArray[np.float64], weights: NDArray[np.int32]
) -> dict[str, Replicated]:
    runs = [replicate_figures(images.labels, of_run, images.groups, weights) for of_run in probabilities]
    stacked = {name: np.stack([run[name] for run in runs]) for name in FIGURES}
    return {
        name: Replicated(values[:, 0], values[:, 1:])
        for name, values in stacked.items()
        if np.isfinite(values).all()
    }
