"""Bundles of MLflow's models, by their address."""

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from s3f_pipeline.credentials import remember_secrets_of, shown_uri
from s3f_pipeline.errors import PredictionError
from s3f_pipeline.tracking.answers import why_not
from s3f_pipeline.tracking.delivery import is_unknown
from s3f_pipeline.tracking.model import BUNDLE, MODEL
from s3f_pipeline.tracking.uri import check_answers

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCHEMES = ("models:", "runs:")
ADDRESS = re.compile(
    r"models:/(?P<id>m-\w+)|models:/(?P<name>[^/@:]+)(?:@(?P<alias>[^/@:]+)|/(?P<version>\d+))"
    rf"|runs:/(?P<run>\w+)(?:/{MODEL})?",
    re.ASCII,
)
FORMS = "models:/brisc_bilinear@champion, models:/brisc_bilinear/3 or runs:/<id of a run>"
ANSWER_SECONDS = 5
logger = logging.getLogger(__name__)


def is_mlflow_model(model: str) -> bool:
    """Say whether a text means a model of MLflow."""
    return model.startswith(SCHEMES)


def fetch_bundle(model: str, uri: str, folder: Path) -> Path:
    """Download the bundle of a model of MLflow; nothing of it is run or checked.

    Args:
        model: ``models:/<name>@<alias>``, ``models:/<name>/<version>``, ``models:/<model id>`` or
            ``runs:/<run id>``.
        uri: Of the store.
        folder: That it is downloaded to; it is there.

    Returns:
        The folder of the bundle.

    Raises:
        PredictionError: If there is no such model, it has no bundle, or the store does not answer.
    """
    asked = ADDRESS.fullmatch(model)
    if asked is None:
        raise PredictionError(f"model={model} is no address of a model. Such are {FORMS}.")
    from mlflow import MlflowClient
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    remember_secrets_of(uri)
    try:
        check_answers(uri, ANSWER_SECONDS)
        client = MlflowClient(uri)
        location = _location(client, asked)
        if location is None:
            raise PredictionError(
                f"model={model}: {shown_uri(uri)} has no such model.{_aliases(client, asked)}"
            )
        store = get_artifact_repository(location, tracking_uri=uri)
        path = f"artifacts/{BUNDLE}"
        if not store.list_artifacts(path):
            raise PredictionError(
                f"model={model} has no bundle: something else has logged it. Name another, or train it again."
            )
        return Path(store.download_artifacts(path, str(folder)))
    except PredictionError:
        raise
    except Exception as error:
        raise PredictionError(f"model={model}: {why_not(uri, error)}.") from error


def _location(client: "MlflowClient", asked: re.Match[str]) -> str | None:
    """Where the files of a model lie; ``None`` if there is none."""
    try:
        if asked["id"]:
            return str(client.get_logged_model(asked["id"]).artifact_location)
        if asked["run"]:
            experiment = client.get_run(asked["run"]).info.experiment_id
            found = client.search_logged_models([experiment], f"source_run_id = '{asked['run']}'")
            return str(found[0].artifact_location) if found else None
        version = asked["version"]
        if version is None:
            version = client.get_model_version_by_alias(asked["name"], asked["alias"]).version
        return str(client.get_model_version_download_uri(asked["name"], version))
    except Exception as error:
        if is_unknown(error) or getattr(error, "error_code", None) == "INVALID_PARAMETER_VALUE":
            return None
        raise


def _aliases(client: "MlflowClient", asked: re.Match[str]) -> str:
    """Which aliases a registered model has, as a sentence; empty if there is no such model."""
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_registered_model(asked["name"] or "").aliases
    except MlflowException:
        return ""
    aliases = ", ".join(f"{alias} (version {version})" for alias, version in sorted(found.items()))
    return f" Aliases of {asked['name']}: {aliases or 'none'}."
