"""From a configuration, images and splits to a trained network; with Kedro and without it."""

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from s3f_pipeline.backend.determinism import make_deterministic
from s3f_pipeline.backend.devices import backend_name, describe_device, describe_kernels, on_gpu
from s3f_pipeline.backend.distribution import Spread, spread_batches
from s3f_pipeline.backend.precision import use_precision
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.images.store import check_store
from s3f_pipeline.models import build_model, summarise
from s3f_pipeline.origins import command_line, git_state, package_versions, table_hash
from s3f_pipeline.recipe import ExperimentConfig
from s3f_pipeline.splits.checks import check_splits
from s3f_pipeline.splits.guarantee import guarantee_counts
from s3f_pipeline.splits.rows import split_rows
from s3f_pipeline.training.augmentation import swapped_classes
from s3f_pipeline.training.cost import check_cost
from s3f_pipeline.training.epochs import Report
from s3f_pipeline.training.fit import fit
from s3f_pipeline.training.state import StateFolder

logger = logging.getLogger(__name__)


def check_training(
    config: ExperimentConfig, index: pd.DataFrame, images: np.memmap, splits: pd.DataFrame
) -> None:
    """Refuse what cannot be trained on.

    Raises:
        ConfigError: If the epoch is to be chosen by a metric that this cohort does not have.
        ImageError: If the store is not that of the index.
        SplitError: If the splits are not those of the index, or a group stands on two sides.
    """
    metric = config.training.selection_metric
    if metric == "positive_f1" and config.positive_class is None:
        raise ConfigError(
            f"training.selection_metric is positive_f1, but {config.cohort} has no positive_class. Choose "
            f"weighted_f1, macro_f1 or accuracy."
        )
    check_store(index, images, config.input_shape)
    check_splits(splits, leaks_by_design=config.leaks_by_design)
    selection = split_rows(index, splits, config.selection_split, config.classes)
    if metric == "auc" and len(set(selection.labels)) < len(config.classes):
        raise ConfigError(
            f"training.selection_metric is auc, but not every class of {config.cohort} has "
            f"{config.selection_split} images. Choose weighted_f1, macro_f1 or accuracy."
        )


def train(
    config: ExperimentConfig,
    index: pd.DataFrame,
    images: np.memmap,
    splits: pd.DataFrame,
    state_folder: Path,
    *,
    max_hours: float,
    report: Report = lambda epoch, figures: None,
) -> tuple[keras.Model, pd.DataFrame, dict[str, Any]]:
    """Build and train the network of one experiment.

    Args:
        config: Of the experiment.
        index: One row per image.
        images: The store, uint8 of shape (N, H, W, C), memory-mapped.
        splits: With ``image_id``, ``group``, ``split`` and ``guarantee``.
        state_folder: Where the state of this very training is kept.
        max_hours: How long it may take by the estimate.
        report: As of ``fit``.

    Returns:
        The network with the weights of the kept epoch, one row of figures per epoch, and the facts of
        ``training.json`` but for the MLflow run.

    Raises:
        S3FError: As ``check_training``, ``check_cost`` and ``fit``.
    """
    check_training(config, index, images, splits)
    _warn_of_swapped_sides(config)
    training = split_rows(index, splits, "train", config.classes)
    selection = split_rows(index, splits, config.selection_split, config.classes)
    commit = git_state()
    with spread_batches(config.training.distribution, config.training.batch_size) as spread:
        model, computation = _build(config, spread)
        check_cost(
            model, images, state_folder, batch_size=config.training.batch_size,
            epochs=config.training.epochs, training_images=len(training.rows),
            selection_images=len(selection.rows), devices=spread.devices, max_hours=max_hours,
        )  # fmt: skip
        trained = fit(
            model, images, training, selection, config.classes, config.training,
            seed=config.seed, positive_class=config.positive_class, report=report,
            states=StateFolder(state_folder), circumstances=_circumstances(computation), spread=spread,
        )  # fmt: skip
    facts = {
        **_task(config, index, splits),
        **trained.facts,
        "seconds": float(trained.history["seconds"].sum()),
        **computation,
        **_origin(config, commit),
    }
    return trained.model, trained.history, facts


def _warn_of_swapped_sides(config: ExperimentConfig) -> None:
    flip = config.training.augmentation.flip
    if flip != "none" and (sides := swapped_classes(config.classes)):
        logger.warning(
            "training.augmentation.flip is %s, but a mirrored image of %s shows its other side; labels stay.",
            flip, ", ".join(sides),
        )  # fmt: skip


def _build(config: ExperimentConfig, spread: Spread) -> tuple[keras.Model, dict[str, Any]]:
    """Set precision and determinism, build the network, and say on what it computes."""
    precision = use_precision(config.training.precision)
    asked = config.training.deterministic
    deterministic = not on_gpu() if asked == "auto" else asked
    make_deterministic(config.seed, operations=deterministic)
    model = build_model(config.network, config.input_shape, config.outputs, **config.options)
    logger.info(
        "%s: %s parameters, on %s in %s (%s)",
        config.network, f"{model.count_params():,}", describe_device(), precision.policy, precision.reason,
    )  # fmt: skip
    return model, {
        "parameters": model.count_params(),
        "network": summarise(model),
        "precision": precision.policy,
        "backend": backend_name(),
        "device": describe_device(),
        "cpu_kernels": describe_kernels(),
        "replicas": spread.devices,
        "processes": spread.process.count,
        "deterministic": deterministic,
    }


def _circumstances(computation: dict[str, Any]) -> dict[str, str]:
    """What the bits depend on besides parameters, data and code, as messages call it."""
    return {
        "device": computation["device"],
        "kernels of the CPU": computation["cpu_kernels"],
        "number of devices": str(computation["replicas"]),
        "precision": computation["precision"],
    }


def _task(config: ExperimentConfig, index: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """What was trained, and on which images."""
    return {
        **config.as_json("cohort", "protocol", "variant", "seed", "fold", "classes", "selection_split"),
        "guarantee": guarantee_counts(index, splits),
        "selected_on_test": config.selected_on_test,
        "selection_metric": config.training.selection_metric,
        "input_shape": list(config.input_shape),
        "data_hash": table_hash(index, ["image_id", "sha256", "label"]),
        "splits_hash": table_hash(splits, ["image_id", "group", "split"]),
    }


def describe_run(config: ExperimentConfig, index: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """What ``training.json`` says of a run, wherever its network was trained."""
    return {**_task(config, index, splits), **_origin(config, git_state())}


def _origin(config: ExperimentConfig, git_state: tuple[str, bool]) -> dict[str, Any]:
    """By which command, code and configuration."""
    commit, dirty = git_state
    return {
        "git_commit": commit,
        "git_dirty": dirty,
        "command": command_line(),
        "versions": package_versions(),
        "config": config.as_json(),
    }
