"""All parameters of the project."""

from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, model_validator

from s3f_pipeline.config.schema.cohort import CohortConfig
from s3f_pipeline.config.schema.evaluation import ComparisonConfig, EvaluationConfig
from s3f_pipeline.config.schema.fields import Block, ImageSize, Name, Seed
from s3f_pipeline.config.schema.preparation import (
    IngestionConfig,
    LeakageEffectConfig,
    PhantomsConfig,
    SplittingConfig,
)
from s3f_pipeline.config.schema.training import VariantConfig
from s3f_pipeline.explanation.settings import ExplanationSettings
from s3f_pipeline.recipe import TrainingSettings
from s3f_pipeline.splits.settings import TwinSettings


class Parameters(Block):
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
