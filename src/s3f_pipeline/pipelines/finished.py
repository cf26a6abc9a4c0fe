"""Which bundles a user means."""

from pathlib import Path
from typing import TYPE_CHECKING

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.names import experiments

if TYPE_CHECKING:
    from s3f_pipeline.prediction.models import Finished


def named_bundles(model: str, bundles_folder: Path, fetched: Path) -> list[Path]:
    """Folders of the bundles that a user means; that of a model of MLflow is downloaded.

    Args:
        model: As a user writes it.
        bundles_folder: Below which experiments leave theirs.
        fetched: An empty folder for what is downloaded.

    Raises:
        PredictionError: As ``find_bundles``.
    """
    from s3f_pipeline.config.mlflow import mlflow_config
    from s3f_pipeline.prediction.models import find_bundles
    from s3f_pipeline.tracking.fetching import fetch_bundle, is_mlflow_model

    if not is_mlflow_model(model):
        return find_bundles(model, _finished(bundles_folder))
    uri = mlflow_config(current_loader()["mlflow"]).server.mlflow_tracking_uri
    return [fetch_bundle(model, uri, fetched)]


def _finished(bundles_folder: Path) -> "Finished":
    """Where the bundles of all experiments lie that the configuration knows."""
    from s3f_pipeline.prediction.models import Finished

    loader = current_loader()
    folders = {
        each.pipeline: bundles_folder.joinpath(each.cohort, each.protocol, each.variant)
        for each in (*experiments(loader.typed), *experiments(loader.typed, imported=True))
    }
    return Finished(folders, loader.run_folder, loader.env_option)
