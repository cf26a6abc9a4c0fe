"""Nodes of the explanation."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.schema import EvaluationConfig
from s3f_pipeline.explanation.settings import ExplanationSettings
from s3f_pipeline.recipe import ExperimentConfig


def explain_network(
    config: ExperimentConfig,
    evaluation: EvaluationConfig,
    settings: ExplanationSettings,
    index: pd.DataFrame,
    images: np.memmap,
    splits: pd.DataFrame,
    model: Any,
    training: dict[str, Any],
    predictions: pd.DataFrame,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Say why a network said what it said of the test images.

    Returns:
        What ``explanation.json`` holds, and the arrays that pictures are drawn from.
    """
    from s3f_pipeline.explanation.explain import explain
    from s3f_pipeline.explanation.question import Question
    from s3f_pipeline.splits.rows import split_rows

    test = predictions[predictions["split"] == "test"].reset_index(drop=True)
    rows = split_rows(index, splits, "train", config.classes).rows
    groups = splits.set_index("image_id")["group"].loc[index["image_id"].iloc[rows]]
    question = Question(
        model=model,
        images=images,
        classes=config.classes,
        test=test,
        test_rows=pd.Index(index["image_id"]).get_indexer(pd.Index(test["image_id"])).astype(np.int64),
        training=index[["image_id", "label"]].iloc[rows].assign(group=groups.to_numpy()),
        training_rows=rows,
        held_out=predictions,
        settings=settings,
        replicates=evaluation.replicates,
        confidence=evaluation.confidence,
        batch_size=config.training.batch_size,
        initial=_initial(config, training),
    )
    content, arrays = explain(question)
    identity = config.as_json("cohort", "protocol", "variant", "seed", "fold")
    return {**identity, **content}, arrays


def _initial(config: ExperimentConfig, training: dict[str, Any]) -> Callable[[], Any] | None:
    """How to build the network as its training did; ``None`` on a backend that draws other weights."""
    from s3f_pipeline.backend.determinism import make_deterministic
    from s3f_pipeline.backend.devices import backend_name
    from s3f_pipeline.models import build_model

    if training["backend"] != backend_name():
        return None

    def build() -> Any:
        make_deterministic(config.seed, operations=False)
        return build_model(config.network, config.input_shape, config.outputs, **config.options)

    return build
