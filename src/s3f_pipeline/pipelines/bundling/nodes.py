"""Nodes of the bundling."""

from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.names import Experiment
from s3f_pipeline.config.schema import CohortFacts, ImageStoreConfig
from s3f_pipeline.recipe import ExperimentConfig


def bundle(
    config: ExperimentConfig,
    cohort: CohortFacts,
    store: ImageStoreConfig,
    index: pd.DataFrame,
    images: np.memmap,
    thumbnails: np.memmap,
    splits: pd.DataFrame,
    model: Any,
    training: dict[str, Any],
    metrics: dict[str, Any],
) -> dict[str, bytes]:
    """Make the files of the bundle; its dataset adds the network and the checksums."""
    from s3f_pipeline.bundle.making import Description, Pixels, make_bundle
    from s3f_pipeline.bundle.preprocessing import InputFormat
    from s3f_pipeline.results.metrics import Metrics
    from s3f_pipeline.results.training import TrainingFacts
    from s3f_pipeline.splits.rows import split_rows

    training_rows, validation_rows = (
        split_rows(index, splits, split, config.classes).rows for split in ("train", "validation")
    )
    modes = index["mode"].iloc[training_rows].value_counts()
    return make_bundle(
        model,
        Pixels(
            images,
            thumbnails,
            training_rows,
            validation_rows,
            modes={str(mode): int(count) for mode, count in modes.items()},
        ),
        Description(
            name=Experiment(config.cohort, config.protocol, config.variant).pipeline,
            network=config.network,
            input=InputFormat(store.color, store.image_size, store.aspect, store.window),
            positive_class=config.positive_class,
            **cohort.model_dump(include={"class_titles", "title", "licence", "citation", "source", "card"}),
        ),
        TrainingFacts.of(training, "training.json"),
        Metrics.of(metrics, "metrics.json"),
    )
