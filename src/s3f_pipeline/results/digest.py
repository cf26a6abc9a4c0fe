"""The digest of a run: a small file with what it came to and under which conditions, to be published."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.files import atomic_path
from s3f_pipeline.results.artefacts import VERSION_KEY, Artefact
from s3f_pipeline.results.identity import Conditions, RunId, device_class
from s3f_pipeline.results.metrics import Guarantee, SplitMetrics
from s3f_pipeline.results.runs import FinishedRun


@dataclass(frozen=True)
class Figures:
    """What is kept of ``SplitMetrics``; ``recall`` is by class."""

    accuracy: float
    macro_f1: float
    weighted_f1: float
    auc_macro: float | None
    n: int
    loss: float
    balanced_accuracy: float
    kappa: float | None
    mcc: float
    recall: Mapping[str, float]

    @classmethod
    def of(cls, metrics: SplitMetrics) -> Self:
        """Take the figures of one split."""
        kept = {field.name: getattr(metrics, field.name) for field in fields(cls) if field.name != "recall"}
        return cls(**kept, recall={name: found.recall for name, found in metrics.per_class.items()})


@dataclass(frozen=True)
class Digest(Artefact):
    """Content of a digest; the fields are those of metrics and training facts of the same names.

    Attributes:
        guarantee: What the split keeps apart; in digests without a version the weakest level alone.
        training: Settings of the training.
    """

    VERSION: ClassVar[int] = 1
    OLDER: ClassVar[tuple[int | None, ...]] = (None,)

    cohort: str
    protocol: str
    variant: str
    seed: int
    fold: int | None
    selected_on_test: bool
    selected_epoch: int
    splits_hash: str
    guarantee: Guarantee | str
    input_shape: tuple[int, int, int]
    parameters: int
    epochs_run: int
    seconds: float
    precision: str
    backend: str
    device: str
    data_hash: str
    git_commit: str
    git_dirty: bool
    training: Mapping[str, Any]
    test: Figures
    validation: Figures | None = None

    @property
    def id(self) -> RunId:
        """Which run it is of."""
        return RunId(self.cohort, self.protocol, self.variant, self.seed, self.fold)

    @property
    def conditions(self) -> Conditions:
        """Under which the figures stand; of real images always."""
        return Conditions(
            input_shape=self.input_shape,
            epochs=self.training["epochs"],
            training=self.training,
            precision=self.precision,
            device_class=device_class(self.device),
            backend=self.backend,
            selection_split="test" if self.selected_on_test else "validation",
            splits_hash=self.splits_hash,
            data_hash=self.data_hash,
            git_commit=self.git_commit,
            package_version=None,
            synthetic=False,
        )

    @classmethod
    def from_run(cls, run: FinishedRun) -> Self:
        """Take from a run what is worth publishing.

        Raises:
            ResultsError: If nobody could make it again: it is of phantoms, or of code in no commit.
        """
        if run.metrics.synthetic:
            raise ResultsError(f"{run.id.title}: phantoms have no results. Run it on real images.")
        if run.training.git_dirty:
            raise ResultsError(
                f"{run.id.title} was trained with changes that are in no commit. Commit them, train again."
            )
        of_training = {
            field.name: getattr(run.training, field.name)
            for field in fields(cls)
            if field.name not in ("training", "test", "validation")
        }
        validation = run.metrics.validation
        return cls(
            **of_training,
            training=run.training.config["training"],
            test=Figures.of(run.metrics.test),
            validation=Figures.of(validation) if validation else None,
        )

    def write(self, path: Path) -> None:
        """Write the digest, whole or not at all."""
        with atomic_path(path) as temporary:
            content = {VERSION_KEY: self.VERSION, **asdict(self)}
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
