"""All parameters of the project."""

from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, NonNegativeInt, model_validator

from s3f_pipeline.config.schema.cohort import CohortConfig
from s3f_pipeline.config.schema.evaluation import ComparisonConfig, EvaluationConfig
from s3f_pipeline.config.schema.fields import LONGEST_NAME, Block, ImageSize, Name, Seed
from s3f_pipeline.config.schema.preparation import (
    IngestionConfig,
    LeakageEffectConfig,
    PhantomsConfig,
    SplittingConfig,
)
from s3f_pipeline.config.schema.training import TrainingOverrides, VariantConfig
from s3f_pipeline.explanation.settings import ExplanationSettings
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.splits.settings import TwinSettings

SAFE = "-_."
"""Characters of names of folders beside letters and digits."""
LONGEST_PATH = 5
"""Parts of a bundle's path that tell it from others: cohort, protocol, variant, run, bundle."""


def folder_name(text: str) -> str:
    """Make a text fit to be the name of a folder: what else it has becomes ``-``."""
    kept = "".join(one if one.isalnum() or one in SAFE else "-" for one in text).strip(SAFE)
    return kept.encode()[:LONGEST_NAME].decode(errors="ignore")


def _is_folder_name(name: str) -> str:
    if name != folder_name(name) or not name:
        raise ValueError("a name has letters, digits, '-', '_' and '.', and signs only inside")
    return name


class PredictionRequest(Block):
    """Which network predicts which images.

    Attributes:
        model: Name of an experiment, such as ``brisc_bilinear``, ``brisc_bilinear:seed-2`` or
            ``brisc_bilinear:seed-*``, the path of a bundle, or the address of a model of MLflow, such as
            ``models:/brisc_bilinear@champion``.
        images: Path of a folder, an image, a table or a zip file.
        label: Column of the table with the class, or ``folder``; ``None``: classes are not known.
        patient: Column of the table with the patient; ``None``: patients are not known.
        name: Of the folder with the results; ``None``: one that is made of model and images.
    """

    model: Annotated[str, Field(min_length=1)] | None
    images: Annotated[str, Field(min_length=1)] | None
    label: Annotated[str, Field(min_length=1)] | None
    patient: Annotated[str, Field(min_length=1)] | None
    name: Annotated[str, AfterValidator(_is_folder_name)] | None

    @property
    def folder(self) -> str:
        """Name of the folder with the results."""
        parts = (self.model or "", self.images or "")
        made = folder_name("_".join(folder_name(PurePath(part).name) for part in parts))
        return self.name or made or "prediction"


class ImportRequest(Block):
    """Which published weights are evaluated on which images.

    Attributes:
        weights: Path of a ``.keras`` file of the S³F-Net release.
        cohort: Name of the cohort.
    """

    weights: Annotated[str, Field(min_length=1)] | None
    cohort: str | None


class ExportRequest(Block):
    """Which network is exported.

    Attributes:
        model: As of a prediction, but one network alone.
        format: Of the file.
        name: Of the folder; ``None``: one that is made of the model.
    """

    model: Annotated[str, Field(min_length=1)] | None
    format: Literal["onnx"]
    name: Annotated[str, AfterValidator(_is_folder_name)] | None

    @property
    def folder(self) -> str:
        """Name of the folder with the exported network."""
        parts = [part for part in PurePath(self.model or "").parts[-LONGEST_PATH:] if folder_name(part)]
        return self.name or folder_name("-".join(parts)) or "network"


class Parameters(PredictionRequest, ImportRequest, ExportRequest):
    """All of ``conf/<environment>/parameters*.yml`` and ``--params``."""

    seed: Seed
    fold: NonNegativeInt | None
    force: bool
    max_hours: Annotated[float, Field(gt=0)]
    image_size: ImageSize | None
    archives: str | None
    offline: bool
    phantoms: PhantomsConfig | None
    ingestion: IngestionConfig
    twins: TwinSettings
    splitting: SplittingConfig
    leakage_effect: LeakageEffectConfig
    training: TrainingSettings
    published_training: TrainingOverrides = TrainingOverrides()
    evaluation: EvaluationConfig
    explanation: ExplanationSettings
    comparison: ComparisonConfig
    variants: dict[Name, VariantConfig]
    cohorts: dict[Name, CohortConfig]

    @model_validator(mode="after")
    def _fold_is_one_of_the_folds(self) -> Self:
        if self.fold is not None and self.fold >= self.splitting.folds:
            raise ValueError(
                f"fold {self.fold} is not one of the {self.splitting.folds} folds, which are numbered from 0"
            )
        return self
