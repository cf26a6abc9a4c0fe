"""Which run a result is of, and under which conditions it stands."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.mappings import dotted

COMPARABLE = (
    "data_hash",
    "splits_hash",
    "input_shape",
    "training",
    "precision",
    "backend",
    "selection_split",
    "synthetic",
)
"""What results must share for their difference to be one of networks alone."""
HOW_TO_EQUAL = {
    "data_hash": "Their images or labels differ: run them on the same raw files, with the same ingestion.",
    "splits_hash": "Run them on the same split, with the same settings of twins and splitting.",
    "input_shape": "Give all the same --params=image_size=<n>.",
    "epochs": "Give all the same --params=training.epochs=<n>.",
    "training": "Train all with the same settings, by --params=training.<name>=<value>.",
    "precision": "Give all the same --params=training.precision=<name>.",
    "device_class": "Run all on a CPU, or all on a GPU.",
    "backend": "Give all the same KERAS_BACKEND.",
    "selection_split": "Choose the epoch of all on the same split.",
    "synthetic": "Phantoms and real images are never compared.",
}
RUN_AGAIN = "Run those again that differ."
MOST_NAMED = 3


class RunId(NamedTuple):
    """One run of an experiment."""

    cohort: str
    protocol: str
    variant: str
    seed: int
    fold: int | None = None

    @property
    def title(self) -> str:
        """What a message calls the run, such as ``brisc spatial, patient_safe, seed 0``."""
        of_fold = "" if self.fold is None else f", fold {self.fold}"
        return f"{self.cohort} {self.variant}, {self.protocol}, seed {self.seed}{of_fold}"

    @property
    def folder(self) -> str:
        """Name of the run's folder, such as ``seed-0_fold-3``."""
        return f"seed-{self.seed}{self.fold_ending}"

    @property
    def fold_ending(self) -> str:
        """What names of files and folders that belong to one fold end in."""
        return "" if self.fold is None else f"_fold-{self.fold}"

    @property
    def order(self) -> tuple[str, str, str, int, int]:
        """By which runs are sorted; a run outside of a cross-validation stands before its folds."""
        return (*self[:4], -1 if self.fold is None else self.fold)


@dataclass(frozen=True)
class Conditions:
    """Under which a result stands.

    Attributes:
        input_shape: Height, width, channels.
        epochs: At most.
        training: Settings of the training.
        precision: Keras' policy.
        device_class: ``cpu`` or ``gpu``.
        backend: Keras' backend.
        selection_split: Which split chose the epoch.
        splits_hash: Of the split.
        data_hash: Of images and labels.
        git_commit: Of the code.
        package_version: Of this package, ``None`` where it was not noted.
        synthetic: Whether the images are phantoms.
    """

    input_shape: tuple[int, int, int]
    epochs: int
    training: Mapping[str, Any]
    precision: str
    device_class: str
    backend: str
    selection_split: str
    splits_hash: str
    data_hash: str
    git_commit: str
    package_version: str | None
    synthetic: bool

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.input_shape[:2]


def device_class(device: str) -> str:
    """Tell ``cpu`` or ``gpu`` from how a device is described."""
    return "cpu" if device.startswith("CPU") else "gpu"


def require_equal(
    runs: Iterable[tuple[RunId, Conditions]], names: Collection[str] = COMPARABLE, *, reason: str
) -> None:
    """Refuse runs that differ in a condition.

    Args:
        runs: Which are to be looked at together.
        names: Conditions that they must share.
        reason: What cannot be done with them otherwise, such as ``cannot be compared``.

    Raises:
        ResultsError: If they differ in one; it is named, with its values, whose they are and what to do.
    """
    listed = [(run, {name: getattr(conditions, name) for name in names}) for run, conditions in runs]
    values: dict[str, dict[str, list[str]]] = {}
    for run, named in listed:
        for name, value in dotted(named):
            text = value if isinstance(value, str) else json.dumps(value)
            values.setdefault(name, {}).setdefault(text, []).append(run.title)
    for name, titles in values.items():
        if len(titles) > 1 or len(titles[next(iter(titles))]) < len(listed):
            told = "; ".join(f"{value} ({_some(having)})" for value, having in titles.items())
            how = HOW_TO_EQUAL.get(name.partition(".")[0], RUN_AGAIN)
            raise ResultsError(f"These runs differ in {name} and {reason}: {told}. {how}")


def _some(titles: list[str]) -> str:
    more = len(titles) - MOST_NAMED
    return "; ".join(titles[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
