"""All parameters of the project."""

from collections.abc import Mapping
from itertools import product
from typing import Any, Self

from pydantic import NonNegativeInt, model_validator

from s3f_pipeline.config.schema.cohort import CohortConfig
from s3f_pipeline.config.schema.fields import Block, ImageSize, Name
from s3f_pipeline.config.schema.preparation import (
    IngestionConfig,
    PhantomsConfig,
    SplittingConfig,
    TwinsConfig,
)
from s3f_pipeline.config.schema.training import TrainingConfig, VariantConfig


class Parameters(Block):
    """All of ``conf/<environment>/parameters*.yml`` and ``--params``."""

    seed: NonNegativeInt
    fold: NonNegativeInt | None
    force: bool
    image_size: ImageSize | None
    archives: str | None
    offline: bool
    phantoms: PhantomsConfig | None
    ingestion: IngestionConfig
    twins: TwinsConfig
    splitting: SplittingConfig
    training: TrainingConfig
    variants: dict[Name, VariantConfig]
    cohorts: dict[Name, CohortConfig]

    @model_validator(mode="before")
    @classmethod
    def _title_cohorts(cls, values: dict[str, Any]) -> dict[str, Any]:
        cohorts = {
            name: {"title": name, **block} if isinstance(block, Mapping) else block
            for name, block in values.get("cohorts", {}).items()
        }
        return {**values, "cohorts": cohorts}

    @model_validator(mode="after")
    def _every_pipeline_has_its_own_name(self) -> Self:
        pairs: dict[str, tuple[str, str]] = {}
        for cohort, variant in product(self.cohorts, self.variants):
            first = pairs.setdefault(f"{cohort}_{variant}", (cohort, variant))
            if first != (cohort, variant):
                raise ValueError(
                    f"{cohort} with {variant} and {first[0]} with {first[1]} would both be the pipeline "
                    f"{cohort}_{variant}: rename one"
                )
        return self

    @model_validator(mode="after")
    def _links_lead_somewhere(self) -> Self:
        for name, block in self.cohorts.items():
            if block.link and (block.link.to == name or block.link.to not in self.cohorts):
                others = ", ".join(other for other in self.cohorts if other != name)
                raise ValueError(
                    f"cohorts.{name}.link.to is '{block.link.to}', and must be another cohort: {others}"
                )
        return self

    @model_validator(mode="after")
    def _fold_is_one_of_the_folds(self) -> Self:
        if self.fold is not None and self.fold >= self.splitting.folds:
            raise ValueError(
                f"fold {self.fold} is not one of the {self.splitting.folds} folds, which are numbered from 0"
            )
        return self
