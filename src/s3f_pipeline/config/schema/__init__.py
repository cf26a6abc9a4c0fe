"""The configuration, typed: what each key is, and what it may be.

Values live in ``conf/``; the models have no defaults of their own except where leaving a key out is
part of its meaning. Settings that a room without pydantic takes are dataclasses of that room.
"""

from s3f_pipeline.config.schema.card import CohortCard
from s3f_pipeline.config.schema.cohort import (
    CohortConfig,
    CohortData,
    CohortFacts,
    Cohorts,
    DownloadConfig,
    GroupingConfig,
    ImageStoreConfig,
    LinkConfig,
    PublishedConfig,
    PublishedResult,
)
from s3f_pipeline.config.schema.evaluation import CohortUse, EvaluationConfig
from s3f_pipeline.config.schema.experiment import ExperimentLabels
from s3f_pipeline.config.schema.fields import ARMS, PROTOCOLS, Block
from s3f_pipeline.config.schema.parameters import ExportRequest, Parameters, PredictionRequest
from s3f_pipeline.config.schema.preparation import (
    AcquisitionConfig,
    IngestionConfig,
    LeakageEffectConfig,
    PhantomsConfig,
    SplittingConfig,
    SplittingOfRun,
)
from s3f_pipeline.config.schema.table import TableColumns
from s3f_pipeline.config.schema.training import MergedTraining, VariantConfig, Variants
from s3f_pipeline.recipe import Protocol

__all__ = [
    "ARMS",
    "PROTOCOLS",
    "AcquisitionConfig",
    "Block",
    "CohortCard",
    "CohortConfig",
    "CohortData",
    "CohortFacts",
    "CohortUse",
    "Cohorts",
    "DownloadConfig",
    "EvaluationConfig",
    "ExperimentLabels",
    "ExportRequest",
    "GroupingConfig",
    "ImageStoreConfig",
    "IngestionConfig",
    "LeakageEffectConfig",
    "LinkConfig",
    "MergedTraining",
    "Parameters",
    "PhantomsConfig",
    "PredictionRequest",
    "Protocol",
    "PublishedConfig",
    "PublishedResult",
    "SplittingConfig",
    "SplittingOfRun",
    "TableColumns",
    "VariantConfig",
    "Variants",
]
