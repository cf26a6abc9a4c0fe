"""Nodes of the training."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.recipe import ExperimentConfig


def train_network(
    config: ExperimentConfig,
    index: pd.DataFrame,
    images: np.memmap,
    splits: pd.DataFrame,
    state_folder: Path,
) -> tuple[Any, pd.DataFrame, dict[str, Any]]:
    """Build and train the network of one experiment.

    Returns:
        The network with the weights of the kept epoch, one row of figures per epoch, and the facts of
        ``training.json``.

    Raises:
        S3FError: As ``s3f_pipeline.training.experiment.train``.
    """
    from s3f_pipeline.tracking.run import RUN
    from s3f_pipeline.training.experiment import train

    asked = current_loader().typed
    if asked.offline:
        os.environ["S3F_OFFLINE"] = "1"  # pretrained weights, too, come from files alone
    model, history, facts = train(
        config, index, images, splits, state_folder, max_hours=asked.max_hours, report=RUN.log_epoch
    )
    return model, history, {**facts, "mlflow_run_id": RUN.run_id}
