"""The configuration, typed: what each key is, and what it may be.

Values live in ``conf/``; the models have no defaults of their own except where leaving a key out is
part of its meaning.
"""

from s3f_pipeline.config.schema.cohort import (
    CohortConfig,
    CohortData,
    CohortFacts,
    Cohorts,
    DownloadConfig,
    GroupingConfig,
    LinkConfig,
    PublishedConfig,
    PublishedResult,
    TableConfig,
)
from s3f_pipeline.config.schema.experiment import ExperimentConfig, ExperimentLabels
from s3f_pipeline.config.schema.fields import PROTOCOLS, Protocol
from s3f_pipeline.config.schema.parameters import Parameters
from s3f_pipeline.config.schema.preparation import (
    AcquisitionConfig,
    IngestionConfig,
    PhantomsConfig,
    SplittingConfig,
    SplittingOfRun,
    TwinsConfig,
)
from s3f_pipeline.config.schema.training import TrainingConfig

__all__ = [
    "PROTOCOLS",
    "AcquisitionConfig",
    "CohortConfig",
    "CohortData",
    "CohortFacts",
    "Cohorts",
    "DownloadConfig",
    "ExperimentConfig",
    "ExperimentLabels",
    "GroupingConfig",
    "IngestionConfig",
    "LinkConfig",
    "Parameters",
    "PhantomsConfig",
    "Protocol",
    "PublishedConfig",
    "PublishedResult",
    "SplittingConfig",
    "SplittingOfRun",
    "TableConfig",
    "TrainingConfig",
    "TwinsConfig",
]
