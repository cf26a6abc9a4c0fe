"""Nodes of the importing."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.names import IMPORT
from s3f_pipeline.config.schema import CohortData
from s3f_pipeline.errors import WeightsError
from s3f_pipeline.recipe import ExperimentConfig

if TYPE_CHECKING:
    from s3f_pipeline.bundle.importing import KerasFile

ELSEWHERE = "trained elsewhere"
OTHER_COHORT = "Choose the cohort that it was trained on"
NOT_KNOWN = f"not known: {ELSEWHERE}"
logger = logging.getLogger(__name__)


def check_weights(config: ExperimentConfig, path: Path) -> "KerasFile":
    """Look at a file of weights, but not yet at the weights.

    Raises:
        WeightsError: If none is named, it cannot be used, or is of another network than the experiment's.
    """
    from s3f_pipeline.bundle.importing import read_keras_file, recognise

    if current_loader().typed.weights is None:
        raise WeightsError(
            f"weights is not named. For example: kedro run{current_loader().env_option} "
            f'--pipeline={IMPORT} --params="weights=<file.keras>,cohort=brisc"'
        )
    file = read_keras_file(path)
    found = recognise(file)
    if found.network != config.network:
        raise WeightsError(
            f"{path} holds the network {found.network}, and {config.variant} is {config.network}. Run "
            f"--pipeline={IMPORT}, which takes the one that the file holds."
        )
    if found.input_shape != config.input_shape:
        height, width, channels = found.input_shape
        how = f"Give --params=image_size={height}x{width}" if channels == config.channels else OTHER_COHORT
        raise WeightsError(
            f"{path} takes images of the shape {found.input_shape}, and those of {config.cohort} have "
            f"{config.input_shape}. {how}."
        )
    if found.outputs != config.outputs:
        raise WeightsError(
            f"{path} has {found.outputs} outputs, and {config.cohort} needs {config.outputs}, for "
            f"{', '.join(config.classes)}. {OTHER_COHORT}."
        )
    return file


def import_weights(
    config: ExperimentConfig,
    cohort: CohortData,
    index: pd.DataFrame,
    groups: pd.DataFrame,
    splits: pd.DataFrame,
    weights_file: Path,
) -> tuple[Any, pd.DataFrame, dict[str, Any]]:
    """Build the network of one experiment with weights that were trained elsewhere.

    Returns:
        The network, a history of no epochs, and the facts of ``training.json``.

    Raises:
        WeightsError: If the file cannot be used.
    """
    from s3f_pipeline.backend.precision import use_precision
    from s3f_pipeline.bundle.importing.network import import_network
    from s3f_pipeline.models import summarise
    from s3f_pipeline.tracking.run import RUN
    from s3f_pipeline.training.experiment import describe_run

    file = check_weights(config, weights_file)
    precision = use_precision("float32")
    model = import_network(file)
    overlap, why_unknown = _overlap(cohort, index, groups, splits)
    _tell(config, overlap, why_unknown)
    facts = {
        **describe_run(config, index, splits),
        "config": {key: value for key, value in config.as_json().items() if key != "training"},
        "epochs_run": 0,
        "selected_epoch": 0,
        "selected_value": None,
        "stopped": ELSEWHERE,
        "class_weights": {},
        "seconds": 0.0,
        "parameters": model.count_params(),
        "network": summarise(model),
        "precision": precision.policy,
        **dict.fromkeys(("backend", "device", "cpu_kernels"), NOT_KNOWN),
        "replicas": 0,
        "processes": 0,
        "deterministic": False,
        "mlflow_run_id": RUN.run_id,
        "imported": {
            "file": weights_file.name,
            "sha256": file.sha256,
            "keras_version": file.keras_version,
            "network": config.network,
            "overlap": overlap,
            "why_unknown": why_unknown,
        },
    }
    return model, pd.DataFrame({"epoch": pd.Series(dtype="int64")}), facts


def _overlap(
    cohort: CohortData, index: pd.DataFrame, groups: pd.DataFrame, splits: pd.DataFrame
) -> tuple[dict[str, int] | None, str | None]:
    """Which test images the network may know, or why that cannot be said."""
    from s3f_pipeline.splits.overlap import official_overlap

    if cohort.published is None:
        return None, "no publication says on which of these images it was trained"
    if cohort.published.split == "random":
        return None, "the publication drew its test set at random, in an order of files that it does not tell"
    return official_overlap(index, groups, splits), None


def _tell(config: ExperimentConfig, overlap: dict[str, int] | None, why_unknown: str | None) -> None:
    logger.info("Weights of %s, %s, under the protocol %s", config.network, ELSEWHERE, config.protocol)
    if overlap is None:
        logger.warning("Which test images the network was trained on is not known: %s.", why_unknown)
        return
    logger.warning(
        "Of %d test images, %d are official training images, on which it was trained; %d others have a twin "
        "among these, and %d others are of a patient, lesion or examination that is known from these.",
        overlap["test_images"], overlap["official_training"], overlap["twin"], overlap["subject"],
    )  # fmt: skip
