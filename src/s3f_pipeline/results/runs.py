"""The one reader of results: which runs have finished, and what they have left."""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.files import content_hash
from s3f_pipeline.origins import table_hash
from s3f_pipeline.results.artefacts import MAKE_AGAIN
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.identity import Conditions, RunId, device_class
from s3f_pipeline.results.metrics import Metrics
from s3f_pipeline.results.reading import (
    MODELS,
    PREDICTIONS,
    REPORTS,
    folder_of,
    read_table,
    require_whole,
)
from s3f_pipeline.results.records import FinishedStage, read_record
from s3f_pipeline.results.splits import SplitSummary
from s3f_pipeline.results.training import TrainingFacts

RUN_FOLDER = re.compile(r"seed-(\d+)(?:_fold-(\d+))?")
SAID_TWICE = (
    "cohort",
    "protocol",
    "variant",
    "seed",
    "fold",
    "selection_split",
    "selected_epoch",
    "splits_hash",
)
"""What metrics and training of one run must both say."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinishedRun:
    """What a run has left that has finished training and evaluation.

    Attributes:
        id: Which run it is.
        metrics: Content of ``metrics.json``.
        training: Content of ``training.json``.
        finished: When the evaluation has.
        root: The data root below which it lies.
        evaluation: Record of the evaluation.
        trained: Record of the training.
    """

    id: RunId
    metrics: Metrics
    training: TrainingFacts
    finished: datetime
    root: Path
    evaluation: FinishedStage
    trained: FinishedStage

    @property
    def conditions(self) -> Conditions:
        """Under which the metrics stand."""
        facts = self.training
        return Conditions(
            input_shape=facts.input_shape,
            epochs=facts.config["training"]["epochs"],
            training=facts.config["training"],
            precision=facts.precision,
            device_class=device_class(facts.device),
            backend=facts.backend,
            selection_split=facts.selection_split,
            splits_hash=facts.splits_hash,
            data_hash=facts.data_hash,
            git_commit=facts.git_commit,
            package_version=facts.versions.get("s3f-pipeline"),
            synthetic=self.metrics.synthetic,
        )

    @property
    def bundle_folder(self) -> Path:
        """Where the bundle of the run lies, once there is one."""
        return folder_of(self.root, MODELS, self.id) / "bundle"

    def predictions(self) -> pd.DataFrame:
        """Read the predictions of the validation and the test images.

        Returns:
            ``image_id``, ``group``, ``split``, ``label``, ``predicted``, and ``p_<class>`` per class.

        Raises:
            ResultsError: If the file is not what the evaluation has written.
        """
        path = folder_of(self.root, PREDICTIONS, self.id) / "predictions.parquet"
        require_whole(path, self.evaluation, hashed=True)
        return read_table(path)

    def history(self) -> pd.DataFrame:
        """Read the figures of each epoch: ``epoch``, ``selection_<metric>`` and more.

        Raises:
            ResultsError: If the file is not what the training has written.
        """
        path = folder_of(self.root, MODELS, self.id) / "history.csv"
        require_whole(path, self.trained, hashed=True)
        return pd.read_csv(path)

    def index(self) -> pd.DataFrame:
        """Read the index of the cohort.

        Raises:
            ResultsError: If it cannot be read, or has been made anew since.
        """
        path = self.root / "02_intermediate" / self.id.cohort / "index.parquet"
        return self._read_input(path, ["image_id", "sha256", "label"], self.training.data_hash)

    def splits(self) -> pd.DataFrame:
        """Read the split that the run was made on.

        Raises:
            ResultsError: If it cannot be read, or has been made anew since.
        """
        folder = self.root / "05_model_input" / self.id.cohort / self.id.protocol
        path = folder / f"splits{self.id.fold_ending}.parquet"
        return self._read_input(path, ["image_id", "group", "split"], self.training.splits_hash)

    def split_summary(self) -> SplitSummary:
        """Count images, groups and patients of each side of the split that the run was made on.

        Raises:
            ResultsError: If index or split cannot be read, or have been made anew since.
        """
        from s3f_pipeline.splits.summary import split_summary

        return SplitSummary.of(split_summary(self.index(), self.splits()))

    def audit(self) -> Audit:
        """Read the leakage audit of the cohort.

        Raises:
            ResultsError: As ``Artefact.read``, or if it is not what the evaluation has read.
        """
        path = self.root / "05_model_input" / self.id.cohort / "leakage_audit.json"
        audit = Audit.read(path)
        if not self.evaluation.has_read_file(f"{self.id.cohort}.leakage_audit", content_hash(path)):
            raise ResultsError(_not_of_run(path, self.id))
        return audit

    def _read_input(self, path: Path, columns: list[str], expected: str) -> pd.DataFrame:
        table = read_table(path)
        if table_hash(table, columns) != expected:
            raise ResultsError(_not_of_run(path, self.id))
        return table


def refuse_damage(error: ResultsError) -> None:
    """Raise an error: a damaged result stops who reads it."""
    raise error


def warn_of_damage(error: ResultsError) -> None:
    """Log an error: a damaged result is told and left out."""
    logger.warning("%s", error.format_message())


def find_runs(
    root: Path,
    *,
    cohort: str | None = None,
    protocol: str | None = None,
    variant: str | None = None,
    damaged: Callable[[ResultsError], None] = refuse_damage,
) -> list[FinishedRun]:
    """Find the runs whose records say that training and evaluation have finished.

    A run that is being made anew, or whose evaluation has read another training, is none of them.

    Args:
        root: The data root.
        cohort: Of this one alone.
        protocol: Under this one alone.
        variant: Of this one alone.
        damaged: Is told of each run whose files are not what its records say, or cannot be read; the run is
            left out if it does not raise.

    Returns:
        The runs, sorted by ``RunId.order``.

    Raises:
        ResultsError: As ``damaged`` does, by default for the first damaged file.
    """
    below = root / PREDICTIONS
    wanted = "/".join(name or "*" for name in (cohort, protocol, variant))
    found = []
    for folder in below.glob(f"{wanted}/seed-*"):
        number = RUN_FOLDER.fullmatch(folder.name)
        if number is None:
            continue
        seed, fold = int(number[1]), None if number[2] is None else int(number[2])
        named = folder.relative_to(below).parts
        run_id = RunId(named[0], named[1], named[2], seed, fold)
        if run_id.folder != folder.name:  # such as a copy called seed-00
            continue
        try:
            run = _read_run(root, run_id)
        except ResultsError as error:
            damaged(error)
        else:
            found += [run] if run else []
    return sorted(found, key=lambda run: run.id.order)


def runs_hash(runs: Sequence[FinishedRun]) -> str:
    """Hash of what a set of finished runs has left: predictions, metrics, and how they were trained."""
    content = sorted([*map(str, run.id), *_hashes(run)] for run in runs)
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _hashes(run: FinishedRun) -> list[str]:
    nouns = {"predictions": run.evaluation, "metrics": run.evaluation, "training": run.trained}
    held = (record.content(noun) for noun, record in nouns.items())
    return [content.sha256 for content in held if content]


def _read_run(root: Path, run: RunId) -> FinishedRun | None:
    """Read a run, ``None`` if it has not finished."""
    models, predictions, reports = (folder_of(root, stage, run) for stage in (MODELS, PREDICTIONS, REPORTS))
    training = read_record(models / "training.record.json", "training")
    evaluation = read_record(predictions / "evaluation.record.json", "evaluation")
    if training is None or evaluation is None:
        return None
    if training.time > evaluation.time or not evaluation.has_read(training):
        return None
    facts_file, metrics_file = models / "training.json", reports / "metrics.json"
    require_whole(facts_file, training)
    require_whole(metrics_file, evaluation)
    require_whole(predictions / "predictions.parquet", evaluation)
    facts, metrics = TrainingFacts.read(facts_file), Metrics.read(metrics_file)
    if differing := [name for name in SAID_TWICE if getattr(facts, name) != getattr(metrics, name)]:
        raise ResultsError(
            f"{metrics_file} and {facts_file} are not of one run: they differ in {', '.join(differing)}. "
            f"{MAKE_AGAIN}"
        )
    found = RunId(*(getattr(metrics, name) for name in RunId._fields))
    if found != run:
        raise ResultsError(
            f"{metrics_file} is of {found.title}, and lies where {run.title} belongs. Move it."
        )
    return FinishedRun(run, metrics, facts, evaluation.time, root, evaluation, training)


def _not_of_run(path: Path, run: RunId) -> str:
    return f"{path} is not that of {run.title}: it was made anew, or edited. Run it again."
