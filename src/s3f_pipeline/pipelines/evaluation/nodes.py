"""Nodes of the evaluation."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.schema import CohortUse, EvaluationConfig
from s3f_pipeline.errors import EvaluationError
from s3f_pipeline.recipe import ExperimentConfig

if TYPE_CHECKING:
    from s3f_pipeline.evaluation.openings import Opening


def predict(
    config: ExperimentConfig,
    index: pd.DataFrame,
    images: np.memmap,
    splits: pd.DataFrame,
    model: Any,
    training: dict[str, Any],
) -> pd.DataFrame:
    """Predict the validation and the test images, after a last check of the split.

    Probabilities stand there twice: as the network gives them, and calibrated on the validation images.

    Raises:
        EvaluationError: If the network was trained for other classes, images or splits.
    """
    from s3f_pipeline.evaluation.predictions import predictions_table
    from s3f_pipeline.evaluation.uncertainty import with_calibrated
    from s3f_pipeline.images.store import check_store
    from s3f_pipeline.origins import table_hash
    from s3f_pipeline.splits.checks import check_splits
    from s3f_pipeline.splits.rows import split_rows
    from s3f_pipeline.training.prediction import Predictor

    check_store(index, images, config.input_shape)
    check_splits(splits, leaks_by_design=config.leaks_by_design)
    trained_on = training["classes"], training["splits_hash"], training["data_hash"]
    asked_for = (
        list(config.classes),
        table_hash(splits, ["image_id", "group", "split"]),
        table_hash(index, ["image_id", "sha256", "label"]),
    )
    if trained_on != asked_for:
        raise EvaluationError(
            f"The saved network of {config.cohort} {config.variant} was trained for the classes "
            f"{', '.join(training['classes'])} on other images or another split. Train it "
            f"again: --params=force=true"
        )
    tables, predictor = [], Predictor(model)
    for split in ("validation", "test"):
        chosen = split_rows(index, splits, split, config.classes)
        if len(chosen.rows):
            probabilities = predictor.of_rows(images, chosen.rows, config.training.batch_size)
            table = splits.set_index("image_id").loc[index["image_id"].iloc[chosen.rows]].reset_index()
            labels = [config.classes[number] for number in chosen.labels]
            tables.append(predictions_table(table, labels, probabilities, config.classes))
    return with_calibrated(pd.concat(tables, ignore_index=True), config.classes)


def measure(
    config: ExperimentConfig,
    settings: EvaluationConfig,
    use: CohortUse,
    index: pd.DataFrame,
    predictions: pd.DataFrame,
    training: dict[str, Any],
    acquisition: dict[str, Any],
    audit: dict[str, Any],
    openings_folder: Path,
) -> dict[str, Any]:
    """Compute the metrics of each predicted split, and say under which conditions they stand.

    What is decided (temperature, threshold, cutoffs of sets) is decided on the validation images. From here
    on the figures of the test images are known, which is what the record of openings counts.
    """
    from s3f_pipeline.evaluation.metrics import compute_metrics
    from s3f_pipeline.evaluation.openings import record_opening
    from s3f_pipeline.evaluation.uncertainty import Asked, uncertainty_blocks

    opening = _opening(config, index, predictions, training)
    by_split = {
        str(split): compute_metrics(
            rows,
            config.classes,
            positive_class=config.positive_class,
            **settings.model_dump(include={"replicates", "confidence", "seed"}),
        )
        for split, rows in predictions.groupby("split", sort=True)
    }
    return {
        **config.as_json("cohort", "protocol", "variant", "seed", "fold", "selection_split"),
        "guarantee": training["guarantee"],
        "selected_on_test": config.selected_on_test,
        "selected_epoch": training["selected_epoch"],
        "synthetic": acquisition["provenance"]["synthetic"],
        "splits_hash": training["splits_hash"],
        "test_openings": record_opening(openings_folder, opening),
        "leakage": audit["published_split"] if config.protocol == "published" else None,
        **by_split,
        **uncertainty_blocks(
            predictions,
            index,
            config.classes,
            Asked(
                is_binary=config.positive_class is not None,
                validation_chose_epoch=config.selection_split == "validation",
                **use.model_dump(),
                **settings.model_dump(),
            ),
        ),
    }


def _opening(
    config: ExperimentConfig, index: pd.DataFrame, predictions: pd.DataFrame, training: dict[str, Any]
) -> "Opening":
    from s3f_pipeline.evaluation.openings import Opening
    from s3f_pipeline.origins import table_hash

    test = predictions[predictions["split"] == "test"]
    shown = index[index["image_id"].isin(test["image_id"])]
    settings = json.dumps(config.as_json(), sort_keys=True)
    return Opening(
        test_set=table_hash(shown, ["sha256"]),
        variant=config.variant,
        seed=config.seed,
        fold=config.fold,
        config_hash=hashlib.sha256(settings.encode()).hexdigest(),
        result=table_hash(test, ["image_id", *(f"p_{name}" for name in config.classes)]),
        splits_hash=training["splits_hash"],
        selection_split=config.selection_split,
        mlflow_run_id=training["mlflow_run_id"],
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        images=" ".join(sorted({sha256[:16] for sha256 in shown["sha256"]})),
    )


def tabulate(config: ExperimentConfig, predictions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write ROC curve and named classes of the test images as tables, which ``dvc plots`` draws."""
    from s3f_pipeline.evaluation.curves import mean_roc

    test = predictions[predictions["split"] == "test"]
    curve = mean_roc(test, config.classes, positive_class=config.positive_class)
    return curve, test[["label", "predicted"]]
